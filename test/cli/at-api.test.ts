import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { BreakwaterClient, type RunResult } from '../../src/client.ts';
import { searchAttributes } from '../../src/domain/search-attributes.ts';
import { checkTemporal } from '../../src/sandbox/servers/temporal-health.ts';
import { keyOf } from '../http/fakes.ts';
import { databaseUrl, describeWithDatabase, describeWithTemporal, temporalAddress } from '../support/servers.ts';
import { containing } from '../workflows/harness/expectations.ts';
import { buildWhenStale, call, start, type Ended, type Running } from './command.ts';
import { experimentText } from './experiment.ts';

const describeWithBoth = describeWithTemporal === describe ? describeWithDatabase : describeWithTemporal;

const GRANTS: Record<string, [role: string, team: string]> = {
  ...{ viewer: ['viewer', 'tests'], operator: ['operator', 'tests'], approver: ['approver', 'tests'] },
  ...{ other: ['admin', 'search'], admin: ['admin', '*'] },
};
const accessFile = {
  keys: Object.entries(GRANTS).map(([id, [role, team]]) => ({
    id,
    sha256: createHash('sha256').update(keyOf(id)).digest('hex'),
    expires: '2099-01-01T00:00:00Z',
    grants: [{ role, team }],
  })),
};

/** A port of loopback where nobody listens, so that an API can come back to it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describeWithBoth('the command line through the API', () => {
  const id = randomUUID().slice(0, 8);
  const label = `at-api-${id}`;
  const database = `at_api_${id}`;
  let cwd: string;
  let direct: Record<string, string>;
  let url: string;
  let worker: Running;
  let api: Running;
  let victims: ChildProcess[];
  let endpoint: Server;

  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: databaseUrl() });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  /** What somebody has who has no credentials but their own: the API's address and a key. */
  const envOf = (who: string) => ({ BREAKWATER_API_URL: url, BREAKWATER_API_IDENTITY: keyOf(who), BREAKWATER_HOME: join(cwd, 'home') });
  const as = (who: string, ...args: string[]): Promise<Ended> => call(args, { cwd, env: envOf(who) });
  const directly = (...args: string[]): Promise<Ended> => call(args, { cwd, env: direct });
  const startApi = async (): Promise<void> => {
    const { port } = new URL(url);
    const access = join(cwd, 'access.yaml');
    api = start(['api'], { cwd, env: { ...direct, BREAKWATER_API_PORT: port, BREAKWATER_ACCESS: access } });
    for (let tries = 0; tries < 300; tries++) {
      if (
        await fetch(`${url}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error('the API does not come up');
  };
  const killApi = async (): Promise<void> => {
    api.child.kill('SIGKILL');
    await api.ended;
  };
  const startDetached = async (file: string): Promise<string> => {
    const { stdout, code, stderr } = await as('operator', 'run', file, '--yes', '--detach');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return stdout.trim();
  };

  beforeAll(async () => {
    buildWhenStale();
    cwd = mkdtempSync(join(tmpdir(), 'breakwater-at-api-'));
    await admin(`CREATE DATABASE ${database}`);
    await checkTemporal({ address: temporalAddress() }, 'default', searchAttributes);
    endpoint = createServer((_request, response) => response.end(JSON.stringify({ answer: 1 }))).listen(0, '127.0.0.1');
    await new Promise((done) => endpoint.once('listening', done));
    const probed = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
    victims = [1, 2].map(() =>
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { env: { BREAKWATER_LABELS: `app=${label}` }, stdio: 'ignore' }),
    );
    writeFileSync(join(cwd, 'quick.yaml'), experimentText({ label, url: probed }));
    writeFileSync(join(cwd, 'gated.yaml'), experimentText({ label, url: probed, gate: 'approval' }));
    writeFileSync(join(cwd, 'long.yaml'), experimentText({ label, url: probed, hold: '60s' }));
    writeFileSync(join(cwd, 'access.yaml'), JSON.stringify(accessFile));
    const target = new URL(databaseUrl());
    target.pathname = `/${database}`;
    direct = {
      TEMPORAL_ADDRESS: temporalAddress(),
      BREAKWATER_DATABASE_URL: target.href,
      BREAKWATER_TASK_QUEUE: label,
      BREAKWATER_HOME: join(cwd, 'home'),
    };
    url = `http://127.0.0.1:${await freePort()}`;
    worker = start(['worker'], { cwd, env: direct });
    await worker.says('worker is ready');
    await startApi();
  }, 240_000);

  afterAll(async () => {
    await killApi();
    const client = await BreakwaterClient.connect({ connection: { address: temporalAddress() } });
    await client.temporal.schedule.getHandle(`${label}-janitor`).delete(); // it would go on without its worker
    await client.close();
    worker.child.kill('SIGTERM');
    await worker.ended;
    for (const victim of victims) victim.kill('SIGKILL');
    await new Promise((done) => endpoint.close(done));
    await admin(`DROP DATABASE ${database} WITH (FORCE)`);
    rmSync(cwd, { recursive: true, force: true });
  }, 60_000);

  test('a plan is the same either way', async () => {
    const plan = ['plan', 'quick.yaml', '--seed', '7'];
    const [near, far] = [await directly(...plan), await as('operator', ...plan)];
    expect(far).toMatchObject({ code: 0, stdout: containing('would hit') });
    expect(far.stdout).toBe(near.stdout);
    expect(await as('viewer', ...plan)).toMatchObject({ code: 2, stderr: containing('Refused: key:viewer may not plan') });
  }, 60_000);

  test('a run started twice with one key is one run, followed to its verdict; lists and reports are the same either way', async () => {
    const run = ['run', 'quick.yaml', '--yes', '--idempotency-key', `build-${id}`, '-o', 'json'];
    const [one, two] = await Promise.all([as('operator', ...run), as('operator', ...run)]);
    const result = JSON.parse(one.stdout) as RunResult;
    const { verdict, reason } = result;
    expect({ code: one.code, verdict, reason, stderr: one.stderr }).toEqual({
      code: 0,
      verdict: 'passed',
      reason: containing('held'),
      stderr: containing(''),
    });
    expect(two).toMatchObject({ code: 0, stdout: one.stdout });
    expect(one.stderr.match(/single #1 injected/g)).toHaveLength(1);
    expect(one.stderr).toContain('phase closed');
    expect([one.stderr, two.stderr].filter((said) => said.includes('was started before with this key'))).toHaveLength(1);
    const { workflowId } = result;
    expect(JSON.parse((await directly('runs', '-o', 'json')).stdout)).toMatchObject([{ workflowId, requestedBy: 'key:operator' }]);

    const both: string[][] = [
      ...['table', 'json', 'yaml'].flatMap((format) => [
        ['runs', '-o', format],
        ['show', workflowId, '-o', format],
        ['findings', '--all', '-o', format],
        ['experiments', '-o', format],
        ['schedule', 'list', '-o', format],
        ['halt', 'status', '-o', format],
      ]),
      ...['json', 'markdown', 'junit', 'csv', 'html'].map((format) => ['report', workflowId, '--format', format]),
      ['watch', workflowId],
      ['leftovers', '--no-sites', '-o', 'json'],
      ['runs', '--verdict', 'failed'],
    ];
    for (const args of both) {
      const [near, far] = [await directly(...args), await as('viewer', ...args)];
      expect([args, far.code, far.stdout]).toEqual([args, near.code, near.stdout]);
    }
    expect(await as('other', 'runs', '-o', 'json')).toMatchObject({ code: 0, stdout: '[]\n' });

    const log = (await directly('audit', 'export')).stdout;
    const exported = await as('admin', 'audit', 'export');
    expect(exported.stdout.startsWith(log)).toBe(true);
    expect(exported.stdout.slice(log.length)).toMatch(/audit-exported/);
    expect(await as('viewer', 'audit', 'export')).toMatchObject({ code: 2, stdout: '', stderr: containing('may not read the audit log') });
  }, 300_000);

  test('the API goes away twice while a run is watched: the exit code is that of the verdict, and each event is said once', async () => {
    const run = await startDetached('gated.yaml');
    const watching = start(['watch', run, '-o', 'json'], { cwd, env: envOf('viewer') });
    await watching.says('phase awaiting-approval');
    await killApi();
    await watching.says('no answer from the run now');
    await startApi();
    expect(await as('approver', 'approve', run, '--yes')).toMatchObject({ code: 0 });
    await watching.says('injected');
    await killApi();
    await new Promise((done) => setTimeout(done, 9_000)); // longer than a stream is asked for again by itself
    await startApi();
    const ended = await watching.ended;
    expect(ended).toMatchObject({ code: 0, stdout: containing('"passed"') });
    for (const once of [/single #1 injected/g, / closed /g]) expect(ended.stderr.match(once)).toHaveLength(1);
  }, 180_000);

  test('who may not is told so; another team finds nothing; who may aborts, and whoever follows ends with the code of the verdict', async () => {
    const run = await startDetached('long.yaml');
    const following = start(['watch', run], { cwd, env: envOf('operator') });
    await following.says('phase holding');
    for (const act of [
      ['abort', run, '--reason', 'x'],
      ['watch', run],
      ['show', run],
      ['report', run],
      ['pause', run],
    ])
      expect(await as('other', ...act)).toMatchObject({ code: 2, stdout: '', stderr: containing(`Not found: there is no run ${run}`) });
    expect(await as('viewer', 'abort', run, '--reason', 'x')).toMatchObject({
      code: 2,
      stderr: containing("Refused: key:viewer may not stop team 'tests' in 'development'\nBREAKWATER_API_IDENTITY is who you are there"),
    });
    expect(await as('operator', 'abort', run, '--reason', 'x', '--by', 'ceo')).toMatchObject({
      code: 2,
      stderr: containing('--by is a claim'),
    });
    expect(await as('operator', 'reject', run)).toMatchObject({ code: 2, stderr: containing('may not approve or reject') });
    expect(await as('approver', 'reject', run)).toMatchObject({ code: 2, stderr: containing('Refused: ') });
    const shown = await as('viewer', 'show', run, '-o', 'json'); // one that goes on
    expect((JSON.parse(shown.stdout) as { events: { kind: string }[] }).events.map(({ kind }) => kind)).toContain('guard-armed');
    expect(await as('operator', 'pause', run, '--reason', 'lunch')).toMatchObject({
      code: 0,
      stdout: containing('Paused by   key:operator'),
    });
    expect(await as('operator', 'resume', run)).toMatchObject({ code: 0 });
    const aborted = await as('operator', 'abort', run, '--reason', 'seen enough', '-o', 'json');
    expect(JSON.parse(aborted.stdout)).toMatchObject({ aborted: { by: 'key:operator', reason: 'seen enough' } });
    expect(await following.ended).toMatchObject({ code: 4, stdout: containing('aborted') });
  }, 120_000);

  test('halts: by the API, and past it when it is away', async () => {
    const all = ['halt', '--environment', 'development', '--reason', 'customers call'];
    expect(await as('operator', ...all)).toMatchObject({ code: 2, stderr: containing('may not stop every team') });
    const halted = await as('admin', ...all, '-o', 'json');
    expect(JSON.parse(halted.stdout)).toMatchObject({ environment: 'development', halt: { by: 'key:admin', kind: 'halt' }, told: 0 });
    const status = ['halt', 'status', '--environment', 'development'];
    expect((await as('viewer', ...status)).stdout).toBe((await directly(...status)).stdout);
    expect(await as('operator', 'run', 'quick.yaml', '--yes')).toMatchObject({ code: 5, stderr: containing('Not started') });
    expect(await as('admin', 'halt', 'lift', '--environment', 'development', '--reason', 'DNS')).toMatchObject({
      code: 0,
      stdout: 'Lifted: development.\n',
    });
    await killApi();
    expect(await as('admin', ...all)).toMatchObject({ code: 7, stdout: '', stderr: containing('--direct') });
    const past = { cwd, env: { ...direct, ...envOf('admin') } };
    expect(await call([...all, '--direct', '--by', 'ann'], past)).toMatchObject({ code: 0, stdout: containing('ann') });
    await startApi();
    expect(await call(['halt', '--direct', 'lift', '--environment', 'development', '--reason', 'x', '--by', 'ann'], past)).toMatchObject({
      code: 0,
    });
    expect(await as('viewer', ...status)).toMatchObject({ code: 0, stdout: 'No halt stands.\n' });
  }, 120_000);

  test('a schedule is added, paused, resumed and removed', async () => {
    const name = `at-api-${id}`;
    const add = ['schedule', 'add', 'quick.yaml', '--name', name, '--cron', '0 10 * * 2', '--zone', 'Europe/Berlin'];
    expect(await as('viewer', ...add)).toMatchObject({ code: 2, stderr: containing('may not change schedules') });
    expect(await as('operator', ...add)).toMatchObject({ code: 0, stdout: containing('key:operator') });
    for (const args of [
      ['schedule', 'list'],
      ['schedule', 'show', name, '-o', 'json'],
    ])
      expect((await as('viewer', ...args)).stdout).toBe((await directly(...args)).stdout);
    expect(await as('other', 'schedule', 'pause', name)).toMatchObject({
      code: 2,
      stderr: containing('Not found: there is no such schedule'),
    });
    expect(await as('operator', 'schedule', 'pause', name)).toMatchObject({ code: 0, stdout: containing('paused by key:operator') });
    expect(await as('operator', 'schedule', 'resume', name)).toMatchObject({ code: 0, stdout: containing('active') });
    expect(await as('operator', 'schedule', 'remove', name)).toMatchObject({ code: 0, stderr: containing('Removed') });
    expect((await directly('schedule', 'list')).stdout).not.toContain(name);
  }, 120_000);

  test('what the API cannot do is refused where it was asked for, and done directly where it was not', async () => {
    const many = ['report', '--environment', 'development', '--format', 'json'];
    expect(await call([...many, '--api', url], { cwd, env: direct })).toMatchObject({
      code: 2,
      stderr: containing('The API cannot do this'),
    });
    expect(await call(many, { cwd, env: { ...direct, BREAKWATER_API_URL: url } })).toMatchObject({ code: 0 });
  }, 60_000);
});
