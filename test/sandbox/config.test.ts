import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cacheFolder, type ConfigError, describeConfig, loadConfig } from '../../src/config.ts';

/** No configuration file of the developer's may take part. */
const bare = { TEMPORAL_CONFIG_FILE: '', HOME: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent' };
const problemsOf = (env: Record<string, string>): string[] => {
  try {
    loadConfig({ ...bare, ...env });
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

test('defaults', () => {
  expect(loadConfig(bare)).toEqual({
    apiAddress: {},
    homeDir: resolve('.breakwater'),
    stateDir: resolve('.breakwater/state'),
    journalKeepsMs: 30 * 86_400_000,
    samplesKeptMs: 30 * 86_400_000,
    bucketsKeptMs: 730 * 86_400_000,
    sites: ['local'],
    api: { host: '127.0.0.1', port: 17_280, limits: { perPrincipal: 600, perAddress: 6_000 } },
    audit: { everyMs: 60_000 },
    gitops: { publicKeyFiles: [] },
    janitorEveryMs: 60_000,
    login: { scope: 'openid offline_access', folder: '/nonexistent/breakwater' },
    pager: {},
    role: 'all',
    taskQueue: 'breakwater',
    slots: 2_000,
    logLevel: 'info',
    temporal: { given: false, address: '127.0.0.1:7233', namespace: 'default', connection: { address: '127.0.0.1:7233' } },
  });
});

test.each([
  [{ BREAKWATER_SITES: 'local, eu-1' }, { sites: ['local', 'eu-1'] }],
  [{ BREAKWATER_HOME: '/data' }, { homeDir: '/data', stateDir: '/data/state' }],
  [
    { BREAKWATER_HOME: '/data', BREAKWATER_STATE_DIR: '/state' },
    { homeDir: '/data', stateDir: '/state' },
  ],
  [{ BREAKWATER_SLOTS: '10' }, { slots: 10 }],
  [{ BREAKWATER_POLICY: '/etc/policies' }, { policyDir: '/etc/policies' }],
  [{ BREAKWATER_OPA_URL: 'http://127.0.0.1:8181/v1/data/x' }, { opaUrl: 'http://127.0.0.1:8181/v1/data/x' }],
  [{ BREAKWATER_REGO: '/etc/bundle.tar.gz' }, { regoBundle: '/etc/bundle.tar.gz' }],
  [
    { BREAKWATER_SITE_ENVIRONMENTS: 'eu-1=production, dev = staging|development' },
    { siteEnvironments: { 'eu-1': ['production'], dev: ['staging', 'development'] } },
  ],
  [
    { BREAKWATER_AUDIT_KEY: '/k', BREAKWATER_AUDIT_CHECKPOINTS: '/c', BREAKWATER_AUDIT_URL: 'https://h/x', BREAKWATER_AUDIT_EVERY: '5m' },
    { audit: { keyFile: '/k', checkpointFile: '/c', url: 'https://h/x', everyMs: 300_000 } },
  ],
  [
    { BREAKWATER_APPROVAL_KEY: '/k', BREAKWATER_APPROVAL_PUBLIC_KEYS: '/k.pub' },
    { approvalKey: '/k', approvalPublicKeys: '/k.pub' },
  ],
  [
    { BREAKWATER_API_URL: 'https://b.example', BREAKWATER_API_IDENTITY: 'bw_x' },
    { apiAddress: { url: 'https://b.example', identity: 'bw_x' } },
  ],
  [
    { BREAKWATER_REVIEW_KEY: '/k', BREAKWATER_REVIEW_PUBLIC_KEYS: '/a.pub, /b.pub', BREAKWATER_SYNC_POLICIES_TO: '/p' },
    { gitops: { keyFile: '/k', publicKeyFiles: ['/a.pub', '/b.pub'], policiesTo: '/p' } },
  ],
  [{ BREAKWATER_SLOTS: '' }, { slots: 2_000 }],
  [{ BREAKWATER_DATABASE_URL: 'postgres://u:p@h/d' }, { databaseUrl: 'postgres://u:p@h/d' }],
  [
    { TEMPORAL_ADDRESS: 'example:7233', TEMPORAL_NAMESPACE: 'shop' },
    { temporal: { given: true, address: 'example:7233', namespace: 'shop' } },
  ],
  [{ BREAKWATER_TEST_TEMPORAL: 'x', BREAKWATER_REQUIRE_SERVERS: '1' }, {}],
])('%j', (env, expected) => expect(loadConfig({ ...bare, ...env })).toMatchObject(expected));

test.each([
  [{ BREAKWATER_ROLE: 'boss' }, /^BREAKWATER_ROLE='boss': .*"all"\|"control"\|"site".* It means: control: /],
  [{ BREAKWATER_AUDIT_CHECKPOINTS: '/c' }, /^BREAKWATER_AUDIT_CHECKPOINTS: nothing is published without BREAKWATER_AUDIT_KEY/],
  [{ BREAKWATER_AUDIT_URL: 'ftp://hunter2' }, /^BREAKWATER_AUDIT_URL=\(secret\): expected an http/],
  [{ BREAKWATER_AUDIT_KEY: '/k', BREAKWATER_AUDIT_EVERY: '10ms' }, /^BREAKWATER_AUDIT_EVERY='10ms': expected 1s to 1d/],
  [{ BREAKWATER_LOGIN_ISSUER: 'http://id.example.com' }, /^BREAKWATER_LOGIN_ISSUER='http:\/\/id.example.com': expected https/],
  [{ BREAKWATER_LOGIN_ISSUER: 'https://ann:x@id.example.com' }, /^BREAKWATER_LOGIN_ISSUER=/],
  [{ BREAKWATER_LOGIN_SCOPE: 'openid  x' }, /^BREAKWATER_LOGIN_SCOPE=/],
  [{ BREAKWATER_API_IDENTITY: 'hun ter2' }, /^BREAKWATER_API_IDENTITY=\(secret\): /],
  [{ BREAKWATER_API_URL: 'https://a:b@h' }, /without credentials/],
  [{ BREAKWATER_SLOTS: 'many' }, /^BREAKWATER_SLOTS='many': /],
  [{ BREAKWATER_REGO: '/etc/rules.rego' }, /^BREAKWATER_REGO='\/etc\/rules.rego': expected bundle.tar.gz/],
  [{ BREAKWATER_SITE_ENVIRONMENTS: 'eu-1' }, /^BREAKWATER_SITE_ENVIRONMENTS='eu-1': expected sites with their environments/],
  [{ BREAKWATER_SITE_ENVIRONMENTS: 'eu-1=production,' }, /found ''/],
  [{ BREAKWATER_SITE_ENVIRONMENTS: 'eu-1=Production' }, /found 'eu-1=Production'/],
  [{ BREAKWATER_SITE_ENVIRONMENTS: 'eu-1=a,eu-1=b' }, /site eu-1 is named twice/],
  [{ BREAKWATER_OPA_URL: 'ftp://opa' }, /^BREAKWATER_OPA_URL='ftp:\/\/opa': expected an http/],
  [{ BREAKWATER_OPA_URL: 'http://a:b@opa/x' }, /without credentials/],
  [{ BREAKWATER_SLOTS: '0' }, /^BREAKWATER_SLOTS='0': .*>=1/],
  [{ BREAKWATER_SITES: 'EU West' }, /^BREAKWATER_SITES='EU West': expected names/],
  [{ BREAKWATER_TASK_QUEUE: 'a b' }, /^BREAKWATER_TASK_QUEUE='a b': expected letters/],
  [{ BREAKWATER_LOG_LEVEL: 'loud' }, /^BREAKWATER_LOG_LEVEL='loud'/],
  [{ BREAKWATER_SLOT: '5' }, /^BREAKWATER_SLOT: there is no such setting; .*BREAKWATER_SLOTS/],
  [{ BREAKWATER_DATABASE_URL: 'mysql://root:hunter2@h/d' }, /^BREAKWATER_DATABASE_URL=\(secret\): expected postgres:/],
  [{ TEMPORAL_PROFILE: 'absent' }, /^TEMPORAL_\*: .*profile 'absent'.*set TEMPORAL_ADDRESS/],
])('refuses %j', (env, message) => {
  const problems = problemsOf(env);
  expect(problems).toEqual([expect.stringMatching(message)]);
});

test('reports every problem at once, and no secret', () => {
  const problems = problemsOf({
    BREAKWATER_ROLE: 'boss',
    BREAKWATER_SLOTS: '-1',
    BREAKWATER_DATABASE_URL: 'hunter2',
    TEMPORAL_PROFILE: 'absent',
  });
  expect(problems).toHaveLength(4);
  expect(problems.join('\n')).not.toContain('hunter2');
});

test('reads a profile of Temporal’s own configuration file', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'breakwater-config-'));
  const file = join(dir, 'temporal.toml');
  await writeFile(file, '[profile.staging]\naddress = "staging:7233"\nnamespace = "chaos"\n');
  const { temporal } = loadConfig({ ...bare, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'staging' });
  await rm(dir, { recursive: true });
  expect(temporal).toMatchObject({ given: true, address: 'staging:7233', namespace: 'chaos' });
});

test('every setting is described', () => {
  for (const { name, summary } of describeConfig()) {
    expect(name).toMatch(/^(BREAKWATER|TEMPORAL)_/);
    expect(summary).not.toBe('');
  }
});

test('the cache folder follows XDG_CACHE_HOME', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/breakwater');
});
