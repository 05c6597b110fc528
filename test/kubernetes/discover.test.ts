import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Survey } from '../../src/domain/kubernetes/survey.ts';
import { searchAttributes } from '../../src/domain/search-attributes.ts';
import { checkTemporal } from '../../src/sandbox/servers/temporal-health.ts';
import { buildWhenStale, call, start, type Running } from '../cli/command.ts';
import { apply, describeWithCluster, freshNamespace, images, kubeconfig, kubectl } from '../support/cluster.ts';
import { deployment, pod } from '../support/manifests.ts';
import { databaseUrl, temporalAddress } from '../support/servers.ts';

describeWithCluster('breakwater discover kubernetes', () => {
  const id = randomUUID().slice(0, 8);
  const database = `discover_${id}`;
  const bare = { image: images.bare, command: ['/pause'] };
  let cwd: string;
  let env: Record<string, string>;
  let namespace: string;
  let worker: Running;

  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: databaseUrl() });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const discover = (...args: string[]) => call(['discover', 'kubernetes', '--namespace', namespace, ...args], { cwd, env });

  beforeAll(async () => {
    buildWhenStale();
    cwd = mkdtempSync(join(tmpdir(), 'breakwater-discover-'));
    await admin(`CREATE DATABASE ${database}`);
    await checkTemporal({ address: temporalAddress() }, 'default', searchAttributes);
    namespace = await freshNamespace('discover');
    const twice = { name: 'second', image: images.bare, command: ['/pause'], imagePullPolicy: 'Never' };
    const plain = pod(namespace, 'paired', bare, { app: 'paired' }) as { spec: { containers: object[] } };
    await apply(deployment(namespace, 'web', 2, bare), {
      ...plain,
      spec: { ...plain.spec, containers: [...plain.spec.containers, twice] },
    });
    await apply(pod(namespace, 'shy', bare));
    await kubectl('-n', namespace, 'annotate', 'deployment/web', 'pod/paired', 'breakwater.dev/enabled=true');
    await kubectl('-n', namespace, 'rollout', 'status', 'deployment/web', '--timeout=60s');
    await kubectl('-n', namespace, 'wait', 'pod/paired', 'pod/shy', '--for=condition=Ready', '--timeout=60s');
    const url = new URL(databaseUrl());
    url.pathname = `/${database}`;
    env = {
      TEMPORAL_ADDRESS: temporalAddress(),
      BREAKWATER_DATABASE_URL: url.href,
      BREAKWATER_TASK_QUEUE: `discover-${id}`,
      BREAKWATER_HOME: join(cwd, 'home'),
      BREAKWATER_JANITOR_EVERY: 'off',
    };
  }, 240_000);

  afterEach(async () => {
    worker.child.kill('SIGTERM');
    await worker.ended;
  }, 30_000);
  afterAll(async () => {
    await kubectl('delete', 'namespace', namespace, '--wait=false');
    await admin(`DROP DATABASE ${database} WITH (FORCE)`);
    rmSync(cwd, { recursive: true, force: true });
  }, 60_000);
  const serve = async (more: Record<string, string> = {}) => {
    worker = start(['worker'], { cwd, env: { ...env, ...more } });
    await worker.says('worker is ready');
  };

  test('tells what could be targeted, and of the rest why it cannot be', async () => {
    await serve({ BREAKWATER_KUBECONFIG: kubeconfig() });
    const { code, stdout } = await discover();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^POD +CONTAINER +NODE +OWNER +TARGET\? +WHY NOT\n/);
    expect(stdout.match(/^web-\S+ +main +node\d +Deployment web +yes$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^paired .* no +has several containers \(main, second\): say which, such as container: main$/m);
    expect(stdout).toMatch(/^shy .* no +has not opted in: annotate pod shy or namespace \S+ with breakwater\.dev\/enabled=true$/m);
    expect(stdout).toContain(`4 pods in namespace ${namespace} of site local: 2 could be targeted, 0 not ready, 2 protected\n`);
    const json = JSON.parse((await discover('--selector', 'app in (web,paired)', '--container', 'second', '--json')).stdout) as Survey;
    expect(json).toMatchObject({
      counts: { ready: 1, unready: 0, protected: 2 },
      rows: [{ pod: 'paired', container: 'second', state: 'ready' }, {}, {}],
    });
    expect(await discover('--selector', 'app in web')).toMatchObject({ code: 2, stdout: '' });
  }, 90_000);

  test('a site without a cluster says what is missing', async () => {
    await serve();
    const { code, stderr, stdout } = await discover();
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
    expect(stderr).toContain('Site local could not look: surveyPods: site local has no cluster: set BREAKWATER_KUBECONFIG');
  }, 90_000);
});
