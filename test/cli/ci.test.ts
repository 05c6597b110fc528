import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildWhenStale, call, entry, start } from './command.ts';

const example = resolve(__dirname, '../../examples/integration-test');
const experiment = readFileSync(join(example, 'experiment.yaml'), 'utf8');
const artifact = (name: string): string => readFileSync(join(cwd, 'artifacts/breakwater', name), 'utf8');
let cwd: string;

const write = (name: string, text: string): string => {
  writeFileSync(join(cwd, name), text);
  return name;
};

/** Processes whose command line or environment names the folder: what a job started, and nothing else. */
function left(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === `${process.pid}`) return false;
    try {
      return `${readFileSync(`/proc/${pid}/cmdline`, 'latin1')}${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(
        join(cwd, '.breakwater'),
      );
    } catch {
      return false; // gone meanwhile
    }
  });
}

async function nothingIsLeft(withinMs: number): Promise<void> {
  for (const endMs = Date.now() + withinMs; left().length > 0 && Date.now() < endMs;) await sleep(100);
  expect(left()).toEqual([]);
}

async function startPool(env: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const pool = spawn(process.execPath, [join(example, 'pool.mjs')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(pool.stdout, 'data');
  return pool;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function endPool(pool: ChildProcess): Promise<void> {
  pool.kill('SIGTERM');
  if (pool.exitCode === null) await once(pool, 'exit');
}

beforeAll(buildWhenStale, 180_000);
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'breakwater-ci-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

test('the example: a worker is killed twice, no job is lost, and the job is green', async () => {
  const child = spawn(process.execPath, ['--test', join(example, 'pool.test.mjs')], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], BREAKWATER: JSON.stringify([process.execPath, entry]) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number];
  expect(code === 0 ? '' : said).toBe('');
  expect(artifact('junit.xml')).toMatch(/^<\?xml.*\n<testsuites name="breakwater" tests="4" failures="0" errors="0"/);
  expect(artifact('summary.md')).toContain('1 of 1 experiments passed');
  await nothingIsLeft(20_000);
  expect(existsSync(join(cwd, '.breakwater'))).toBe(true);
  expect(readdirSync(join(cwd, '.breakwater'))).toEqual([]);
}, 180_000);

test('the pool of the example outlives workers that are killed while jobs are on their way to them, and no job is lost', async () => {
  const pool = await startPool();
  try {
    for (let round = 0; round < 40; round++) {
      const workers = readFileSync(`/proc/${pool.pid}/task/${pool.pid}/children`, 'latin1').split(' ').filter(Boolean);
      for (const worker of workers) killIfThere(Number(worker));
      await sleep(60);
    }
    let facts = { made: 0, done: 0, twice: 0, restarts: 0 };
    for (const endMs = Date.now() + 30_000; Date.now() < endMs && (facts.made === 0 || facts.made - facts.done > 10); await sleep(200))
      facts = (await (await fetch('http://127.0.0.1:18300/')).json()) as typeof facts;
    expect(facts.made - facts.done).toBeLessThanOrEqual(10);
    expect(facts).toMatchObject({ twice: 0 });
    expect(facts.restarts).toBeGreaterThan(20);
  } finally {
    await endPool(pool);
  }
}, 60_000);

/** Settings of a Breakwater that runs for good, in the environment of the job: with them the job's own would not begin. */
const ofAnother = {
  BREAKWATER_AUDIT_CHECKPOINTS: 'checkpoints.jsonl',
  BREAKWATER_AUDIT_KEY: 'nowhere.pem',
  BREAKWATER_BUILD_ID: 'v1',
  TEMPORAL_TLS: 'true',
};

test('a weakness makes the job red, and so does an experiment that nobody lets in', async () => {
  const pool = await startPool({ WEAK: '1' });
  try {
    write('weak.yaml', experiment);
    write(
      'gated.yaml',
      experiment.replace('name: one-worker,', 'name: one-worker, gate: approval,').replace('name: pool-worker', 'name: gated'),
    );
    const jobSummary = write('job.md', 'before\n');
    const ended = await call(['ci', 'gated.yaml', 'weak.yaml', '-o', 'json'], {
      cwd,
      env: { GITHUB_STEP_SUMMARY: join(cwd, jobSummary), ...ofAnother },
    });
    expect([ended.code, ended.code === 3 ? '' : ended.stderr]).toEqual([3, '']);
    expect(JSON.parse(ended.stdout)).toMatchObject([
      { name: 'gated', reason: expect.stringMatching(/^not started: wave one-worker waits for an approval/) as string },
      { name: 'pool-worker', verdict: 'failed', reason: expect.stringContaining('workers 2, not ≥ 3') as string },
    ]);
    expect(artifact('junit.xml')).toContain('<error message="not started: wave one-worker waits');
    expect(artifact('junit.xml')).toMatch(/<testsuites name="breakwater" tests="4" failures="2" errors="1"/);
    expect(readFileSync(join(cwd, jobSummary), 'utf8')).toMatch(
      /^before\n### ❌ Breakwater: 0 of 2 experiments passed[^]*artifacts\/breakwater\/kill\.pool-worker/,
    );
  } finally {
    await endPool(pool);
  }
  await nothingIsLeft(20_000);
}, 180_000);

test('a job that is ended in the middle leaves nobody paused and nothing running', async () => {
  const pool = await startPool();
  try {
    write('pause.yaml', experiment.replace('kind: process-kill', 'kind: process-pause').replace('hold: 3s', 'hold: 60s'));
    const job = start(['ci', 'pause.yaml'], { cwd });
    await job.says(/ injected .*proven: true/);
    job.child.kill('SIGTERM');
    expect((await job.ended).code).toBe(130);
    await nothingIsLeft(40_000);
    const { workers, oldestMs } = (await (await fetch('http://127.0.0.1:18300/')).json()) as Record<string, number>;
    expect(workers).toBe(3);
    expect(oldestMs).toBeLessThan(5_000);
  } finally {
    await endPool(pool);
  }
}, 180_000);

test('what cannot be a test is refused before anything is started', async () => {
  write('one.yaml', experiment);
  const none = await call(['ci', 'one.yaml', '--label', 'tier=9'], { cwd });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('None of 1 experiments has the labels tier=9') as string });
  write('wrong.yaml', experiment.replace('hypothesis:', 'hypotesis:'));
  const wrong = await call(['ci', 'one.yaml', 'wrong.yaml'], { cwd });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('wrong.yaml:5:1') as string });
  expect(await call(['ci', 'one.yaml', '--configured'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('BREAKWATER_DATABASE_URL is not set') as string,
  });
  expect(existsSync(join(cwd, '.breakwater'))).toBe(false);
}, 60_000);
