import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { BreakwaterClient, type RunResult } from '../../src/client.ts';
import { searchAttributes } from '../../src/domain/search-attributes.ts';
import { checkTemporal } from '../../src/sandbox/servers/temporal-health.ts';
import { databaseUrl, describeWithDatabase, describeWithTemporal, temporalAddress } from '../support/servers.ts';
import { buildWhenStale, call, start, type Running } from './command.ts';
import { experimentText } from './experiment.ts';
import { containing } from '../workflows/harness/expectations.ts';

const describeWithBoth = describeWithTemporal === describe ? describeWithDatabase : describeWithTemporal;

describeWithBoth('with a worker', () => {
  const id = randomUUID().slice(0, 8);
  const label = `cli-${id}`;
  const database = `cli_${id}`;
  let cwd: string;
  let env: Record<string, string>;
  let worker: Running;
  let victims: ChildProcess[];
  let endpoint: Server;
  let answer = 1;

  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: databaseUrl() });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const cli = (...args: string[]) => call(args, { cwd, env });
  const runsTold = async (): Promise<{ workflowId: string }[]> =>
    JSON.parse((await cli('runs', '-o', 'json')).stdout) as { workflowId: string }[];
  const processState = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';
  const startDetached = async (): Promise<string> => {
    const { stdout, code, stderr } = await cli('run', 'gated.yaml', '--yes', '--detach');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return stdout.trim();
  };
  /** Starts a gated run and waits until it awaits approval. */
  const awaiting = async (): Promise<{ run: string; watching: Running }> => {
    const run = await startDetached();
    const watching = start(['watch', run, '-o', 'json'], { cwd, env });
    await watching.says('phase awaiting-approval');
    return { run, watching };
  };

  beforeAll(async () => {
    buildWhenStale();
    cwd = mkdtempSync(join(tmpdir(), 'breakwater-cli-'));
    await admin(`CREATE DATABASE ${database}`);
    await checkTemporal({ address: temporalAddress() }, 'default', searchAttributes);
    endpoint = createServer((_request, response) => response.end(JSON.stringify({ answer }))).listen(0, '127.0.0.1');
    await new Promise((done) => endpoint.once('listening', done));
    const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
    victims = [1, 2].map(() =>
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { env: { BREAKWATER_LABELS: `app=${label}` }, stdio: 'ignore' }),
    );
    writeFileSync(join(cwd, 'quick.yaml'), experimentText({ label, url }));
    writeFileSync(join(cwd, 'gated.yaml'), experimentText({ label, url, gate: 'approval' }));
    writeFileSync(join(cwd, 'long.yaml'), experimentText({ label, url, hold: '60s' }));
    writeFileSync(join(cwd, 'nobody.yaml'), experimentText({ label: `${label}-nobody`, url }));
    const target = new URL(databaseUrl());
    target.pathname = `/${database}`;
    env = {
      TEMPORAL_ADDRESS: temporalAddress(),
      BREAKWATER_DATABASE_URL: target.href,
      BREAKWATER_TASK_QUEUE: `cli-${id}`,
      BREAKWATER_HOME: join(cwd, 'home'),
    };
    expect((await cli('plan', 'quick.yaml')).stderr).toContain(`No worker serves the task queue cli-${id}`);
    worker = start(['worker'], { cwd, env });
    await worker.says('worker is ready');
  }, 240_000);

  afterEach(() => {
    answer = 1;
  });

  const deleteJanitor = async (): Promise<void> => {
    const client = await BreakwaterClient.connect({ connection: { address: temporalAddress() } });
    await client.temporal.schedule.getHandle(`cli-${id}-janitor`).delete();
    await client.close();
  };

  afterAll(async () => {
    await deleteJanitor(); // it would go on without its worker
    worker.child.kill('SIGTERM');
    await worker.ended;
    for (const victim of victims) victim.kill('SIGKILL');
    await new Promise((done) => endpoint.close(done));
    await admin(`DROP DATABASE ${database} WITH (FORCE)`);
    rmSync(cwd, { recursive: true, force: true });
  }, 60_000);

  test('plan shows whom it would hit and what the probes answer, and touches nothing', async () => {
    const { code, stdout } = await cli('plan', 'quick.yaml', '--seed', '7');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Digest +[0-9a-f]{64}/);
    expect(stdout).toMatch(/would hit {2}.*pid \d+/);
    expect(stdout).toMatch(/answer +1\n/);
    expect(stdout).toMatch(/Gates +open now/);
    expect(JSON.parse((await cli('plan', 'quick.yaml', '--seed', '7', '-o', 'json')).stdout)).toMatchObject({
      valid: true,
      plan: { seed: 7 },
    });
    expect(await runsTold()).toEqual([]);
  }, 60_000);

  test('a run without a yes and without anybody to ask is not started', async () => {
    const { code, stderr } = await cli('run', 'quick.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(await runsTold()).toEqual([]);
  }, 60_000);

  test('run to passed: 0, the result on stdout, a line per event on stderr; runs, show, report tell of it', async () => {
    const { code, stdout, stderr } = await cli('run', 'quick.yaml', '--yes', '-o', 'json', '--requested-by', 'ann');
    const result = JSON.parse(stdout) as RunResult;
    expect({ code, verdict: result.verdict, reason: result.reason }).toMatchObject({ code: 0, verdict: 'passed' });
    expect(stderr).toMatch(/single #1 injected/);
    expect(stderr.match(/single #1 injected/g)).toHaveLength(1);
    expect(stderr).toContain('phase holding');
    expect(stderr).not.toContain('\u001b');
    expect(await runsTold()).toMatchObject([{ workflowId: result.workflowId, verdict: 'passed', requestedBy: 'ann' }]);
    expect((await cli('runs', '--verdict', 'failed')).stdout.trim().split('\n')).toHaveLength(1);
    const shown = await cli('show', result.workflowId);
    expect(shown.stdout).toMatch(/^Verdict {2}passed\n/);
    expect(shown.stdout).toMatch(/injected, effect proven/);
    const report = await cli('report', result.workflowId, '--format', 'html', '--out', 'report.html');
    expect({ code: report.code, stdout: report.stdout }).toEqual({ code: 0, stdout: '' });
    expect(readFileSync(join(cwd, 'report.html'), 'utf8')).toContain('<html');
    for (const format of ['markdown', 'json', 'junit', 'csv'])
      expect((await cli('report', result.workflowId, '--format', format)).stdout.length).toBeGreaterThan(100);
    expect((await cli('findings')).stdout).toBe('Nothing open.\n');
    // Watching what is over tells the same again.
    const watched = await cli('watch', result.workflowId, '-o', 'json');
    expect(watched.code).toBe(0);
    expect(JSON.parse(watched.stdout)).toEqual(result);
  }, 120_000);

  test('the worker has installed its janitor, which finds nothing to do', async () => {
    expect(await cli('janitor', '--once')).toMatchObject({ code: 0, stderr: containing('No site holds a lease') });
    const client = await BreakwaterClient.connect({ connection: { address: temporalAddress() } });
    const schedule = client.temporal.schedule.getHandle(`cli-${id}-janitor`);
    expect(await schedule.describe()).toMatchObject({ spec: { intervals: [{ every: 60_000 }] }, action: { taskQueue: `cli-${id}` } });
    await client.close();
  }, 60_000);

  test('the same idempotency key is the same run', async () => {
    const line = ['run', 'nobody.yaml', '--yes', '--idempotency-key', `key-${id}`, '-o', 'json'];
    const first = await cli(...line);
    const second = await cli(...line);
    expect([first.code, second.code]).toEqual([5, 5]); // nobody to hit: denied
    expect(JSON.parse(second.stdout)).toEqual(JSON.parse(first.stdout));
    expect(second.stderr).toContain('was started before');
  }, 120_000);

  test('time-out: 124, and the run goes on; SIGINT: 130 and how to end it; abort: 4, and the victim runs again', async () => {
    const timedOut = await cli('run', 'long.yaml', '--yes', '--timeout', '1s');
    expect(timedOut.code).toBe(124);
    expect(timedOut.stdout).toBe('');
    const [run] = await runsTold();
    const workflowId = run?.workflowId ?? '';
    expect(timedOut.stderr).toContain(`run ${workflowId} goes on`);

    const first = start(['watch', workflowId], { cwd, env });
    await first.says('phase holding');
    first.child.kill('SIGINT');
    const interrupted = await first.ended;
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain(`breakwater abort ${workflowId} --reason`);
    expect(victims.map(({ pid }) => processState(pid ?? 0)).filter((state) => state === 'T')).toHaveLength(1);

    const second = start(['watch', workflowId, '-o', 'json'], { cwd, env });
    await second.says('phase holding');
    expect(await cli('abort', workflowId, '--reason', 'enough', '--by', 'bob')).toMatchObject({ code: 0 });
    const ended = await second.ended;
    expect(ended.code).toBe(4);
    expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: 'aborted', reason: 'bob aborted: enough' });
    expect(victims.map(({ pid }) => processState(pid ?? 0))).not.toContain('T');
    const again = await cli('abort', workflowId, '--reason', 'twice');
    expect(again.code).toBe(2);
    expect(again.stderr).not.toMatch(/^\s+at /m);
  }, 120_000);

  test('a refuted hypothesis is 3', async () => {
    const running = start(['run', 'quick.yaml', '--yes', '-o', 'json'], { cwd, env });
    await running.says('single #1 phase holding');
    answer = 150; // outside of the tolerance, not yet a stop condition
    const { code, stdout } = await running.ended;
    expect({ code, ...(JSON.parse(stdout) as RunResult) }).toMatchObject({ code: 3, verdict: 'failed' });
  }, 60_000);

  test('approve: only after a look at the digest; a wrong digest is refused', async () => {
    const { run, watching } = await awaiting();
    const unasked = await cli('approve', run);
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toMatch(/Add --digest [0-9a-f]{64}/);
    expect((await cli('approve', run, '--digest', '0'.repeat(64))).code).toBe(2);
    const own = await cli('approve', run, '--yes');
    expect(own).toMatchObject({ code: 2, stderr: containing('another person must approve it') });
    const digest = /--digest ([0-9a-f]{64})/.exec(unasked.stderr)?.[1] ?? '';
    expect(await cli('approve', run, '--digest', digest, '--by', 'carol')).toMatchObject({ code: 0 });
    expect((await watching.ended).code).toBe(0);
    expect((await cli('approve', run, '--yes')).code).toBe(2);
  }, 120_000);

  test('pause, resume and reject; a rejected run is denied: 5', async () => {
    const { run, watching } = await awaiting();
    expect((await cli('pause', run, '--by', 'carol')).stdout).toMatch(/Paused by +carol/);
    expect((await cli('pause', run)).code).toBe(2);
    expect((await cli('resume', run)).code).toBe(0);
    expect((await cli('reject', run, '--reason', 'not today')).code).toBe(0);
    const { code, stdout } = await watching.ended;
    expect(code).toBe(5);
    expect((JSON.parse(stdout) as RunResult).reason).toContain('not today');
  }, 120_000);

  test('doctor misses a janitor where there is none', async () => {
    await deleteJanitor();
    expect((await cli('doctor')).stdout).toMatch(/warn {2}janitor +it has no schedule/);
    expect((await cli('janitor', '--install')).code).toBe(0);
  }, 60_000);

  test('doctor misses nothing but a pager, and asks the probes of a file', async () => {
    const { code, stdout } = await cli('doctor', 'quick.yaml', '-o', 'json');
    const findings = JSON.parse(stdout) as { check: string; status: string; detail: string }[];
    expect({ code, bad: findings.filter(({ status }) => status !== 'ok').map(({ check, status }) => `${status} ${check}`) }).toEqual({
      code: 0,
      bad: ['warn pager', 'warn audit log', 'warn audit checkpoints', 'warn policy', 'warn approvals'], // the test sets none of them, and is the owner of the database
    });
    expect(findings.map(({ check }) => check)).toEqual([
      'Temporal',
      'namespace',
      'search attributes',
      `workers of cli-${id}`,
      `workers of cli-${id}.local`,
      'ledgers',
      'janitor',
      'change control',
      'pager',
      'clock against Temporal',
      'database',
      'clock against the database',
      'database schema',
      'audit log',
      'audit checkpoints',
      'policy',
      'approvals',
      'file',
      'gates',
      'probe answer',
    ]);
    const elsewhere = await call(['doctor'], { cwd, env: { ...env, BREAKWATER_TASK_QUEUE: 'nobody' } });
    expect(elsewhere.code).toBe(7);
    expect(elsewhere.stdout).toMatch(/fail {2}workers of nobody +nobody polls/);
  }, 60_000);

  test('unknown runs are usage errors', async () => {
    for (const args of [
      ['watch', 'no.such.run'],
      ['show', 'no.such.run'],
      ['report', 'no.such.run'],
      ['abort', 'no.such.run', '--reason', 'x'],
      ['watch', 'a/b'],
    ])
      expect({ args, ...(await cli(...args)) }).toMatchObject({ code: 2, stdout: '' });
  }, 60_000);
});
