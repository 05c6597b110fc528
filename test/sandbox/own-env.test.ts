import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { ownEnv } from '../../src/sandbox/own-env.ts';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'breakwater-own-env-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a throw-away Breakwater has nothing of another one: neither from the environment nor from the configuration of Temporal', async () => {
  mkdirSync(join(dir, 'temporalio'));
  writeFileSync(join(dir, 'temporalio/temporal.toml'), '[profile.default]\napi_key = "of-the-file"\n[profile.default.tls]\n');
  const bare = { XDG_CONFIG_HOME: dir, HOME: dir, TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_NAMESPACE: 'own' };
  const another = {
    ...bare,
    BREAKWATER_APPROVAL_KEY: 'approval.pem',
    BREAKWATER_APPROVAL_PUBLIC_KEYS: 'approval.pub',
    BREAKWATER_API_URL: 'https://breakwater.example',
    BREAKWATER_API_IDENTITY: 'bw_someone',
    BREAKWATER_AUDIT_KEY: 'key.pem',
    BREAKWATER_AUDIT_CHECKPOINTS: 'checkpoints.jsonl',
    BREAKWATER_AUDIT_URL: 'https://log.example/token',
    BREAKWATER_PAGER_URL: 'https://pager.example/token',
    BREAKWATER_PAGER_KEY: 'pager',
    BREAKWATER_BUILD_ID: 'v1',
    TEMPORAL_API_KEY: 'of-the-environment',
    TEMPORAL_TLS: 'true',
    TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
    TEMPORAL_GRPC_META_AUTHORIZATION: 'token',
  };
  expect(loadConfig(another)).toMatchObject({ audit: { keyFile: expect.any(String) as string }, buildId: 'v1' });
  expect(loadConfig(bare).temporal.connection).toMatchObject({ apiKey: 'of-the-file' });
  const { temporal, audit, pager, ...config } = loadConfig({
    ...another,
    ...(await ownEnv(another, dir)),
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  });
  expect(temporal).toEqual({ given: true, address: '127.0.0.1:1', namespace: 'default', connection: { address: '127.0.0.1:1' } });
  expect([audit, pager, config.apiAddress]).toEqual([{ everyMs: 60_000 }, {}, {}]);
  for (const own of ['approvalKey', 'approvalPublicKeys']) expect(config).not.toHaveProperty(own);
  expect(config).not.toHaveProperty('buildId');
});
