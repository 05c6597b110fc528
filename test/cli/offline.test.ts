import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { starterExperiment } from '../../src/language/init.ts';
import { buildWhenStale, call } from './command.ts';

/** What the start of a process may take on a busy machine. */
const START_MS = 2_000;

const starter = starterExperiment({ name: 'my-first-experiment', service: 'my-service', environment: 'development' });

let cwd: string;
beforeAll(() => {
  buildWhenStale();
}, 180_000);
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'breakwater-cli-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

/** A port of loopback where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

test('init writes a valid file, refuses to overwrite it, and does so when forced', async () => {
  const file = join(cwd, 'experiment.yaml');
  expect(await call(['init'], { cwd })).toMatchObject({ code: 0, stdout: '' });
  expect(await call(['validate', 'experiment.yaml'], { cwd })).toMatchObject({
    code: 0,
    stdout: 'experiment.yaml: valid, my-first-experiment\n',
  });
  writeFileSync(file, 'mine');
  const refused = await call(['init'], { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('--force');
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect((await call(['init', '--force'], { cwd })).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(starter);
  expect((await call(['init', 'no/such/folder.yaml'], { cwd })).code).toBe(2);
});

test('validate tells line and column of each problem, and the rest of the files too', async () => {
  writeFileSync(join(cwd, 'good.yaml'), starter);
  writeFileSync(join(cwd, 'bad.yaml'), starter.replace(/hold: \w+/, 'hold: 30').replace('maxVictims:', 'maxVictim:'));
  const found = await call(['validate', 'good.yaml', 'bad.yaml', 'missing.yaml'], { cwd });
  expect(found.code).toBe(2);
  expect(found.stdout).toBe('good.yaml: valid, my-first-experiment\n');
  expect(found.stderr).toMatch(/bad\.yaml:\d+:\d+ timing\.hold: found 30, expected a duration/);
  expect(found.stderr).toMatch(/bad\.yaml:\d+:\d+ .*maxVictim/);
  expect(found.stderr).toMatch(/missing\.yaml/);
  const json = await call(['validate', 'bad.yaml', '-o', 'json'], { cwd });
  expect(JSON.parse(json.stdout)).toMatchObject([
    { file: 'bad.yaml', valid: false, problems: [{ line: expect.any(Number) as number }, {}] },
  ]);
});

test('schema is JSON Schema on stdout, whole also through a pipe', async () => {
  const { code, stdout } = await call(['schema']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ $schema: expect.stringContaining('draft-07') as string, type: 'object' });
  expect(stdout.length).toBeGreaterThan(10_000);
});

test.each([
  ['an unknown command', ['explode']],
  ['an unknown option', ['runs', '--nonsense']],
  ['no file', ['plan']],
  ['no namespace', ['discover', 'kubernetes']],
  ['a selector that is none', ['discover', 'kubernetes', '--namespace', 'shop', '--selector', 'app in web']],
  ['a wrong format', ['runs', '-o', 'xml']],
  ['a wrong seed', ['plan', 'x.yaml', '--seed', '-1']],
  ['a time scale of 0', ['plan', 'x.yaml', '--time-scale', '0']],
  ['a duration without unit', ['run', 'x.yaml', '--timeout', '10']],
  ['a name that is none', ['init', '--service', 'My Service']],
  ['an abort without reason', ['abort', 'some.run']],
  ['an unknown verdict', ['runs', '--verdict', 'held']],
  ['a file that is not there', ['plan', 'nowhere.yaml']],
])('%s is a usage error: 2, said on stderr, no stack', async (_what, args) => {
  const { code, stdout, stderr } = await call(args, { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).not.toBe('');
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('wrong settings are a usage error that names them and hides the secret', async () => {
  const { code, stderr } = await call(['runs'], { env: { BREAKWATER_DATABASE_URL: 'mysql://u:hunter2@h/d', BREAKWATER_TYPO: '1' } });
  expect(code).toBe(2);
  expect(stderr).toContain('BREAKWATER_TYPO');
  expect(stderr).not.toContain('hunter2');
});

describe('unreachable servers', () => {
  let env: Record<string, string>;
  beforeAll(async () => {
    env = {
      TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
      BREAKWATER_DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${await freePort()}/d`,
    };
  });

  test('each command: 7 within 10 s, one sentence and what to do, no secret', async () => {
    writeFileSync(join(cwd, 'experiment.yaml'), starter);
    const lines = [
      ['plan', 'experiment.yaml'],
      ['run', 'experiment.yaml', '--yes'],
      ['watch', 'some.run'],
      ['abort', 'some.run', '--reason', 'why'],
      ['approve', 'some.run', '--yes'],
      ['runs'],
      ['report', 'some.run'],
      ['findings'],
      ['score'],
      ['postmortem', 'some.run'],
    ];
    const startedMs = Date.now();
    for (const { code, stdout, stderr } of await Promise.all(lines.map((args) => call(args, { cwd, env })))) {
      expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
      expect(stderr).toMatch(/TEMPORAL_ADDRESS|BREAKWATER_DATABASE_URL/);
      expect(stderr).not.toMatch(/hunter2|^\s+at /m);
    }
    expect(Date.now() - startedMs).toBeLessThan(10_000 + START_MS * lines.length);
  });

  test('doctor: 7, a line for each, as data', async () => {
    const { code, stdout } = await call(['doctor', '-o', 'json'], { cwd, env });
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject([
      { check: 'Temporal', status: 'fail' },
      { check: 'database', status: 'fail' },
      { check: 'policy', status: 'warn' },
      { check: 'approvals', status: 'warn' },
    ]);
    expect(stdout).not.toContain('hunter2');
  });

  test('a server that answers nothing is unreachable too', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((done) => silent.once('listening', done));
    const { port } = silent.address() as AddressInfo;
    const startedMs = Date.now();
    const { code } = await call(['watch', 'some.run'], { env: { TEMPORAL_ADDRESS: `127.0.0.1:${port}` } });
    silent.close();
    expect(code).toBe(7);
    expect(Date.now() - startedMs).toBeLessThan(10_000 + START_MS);
  });
});

test('debug shows the stack, NO_COLOR and no TTY no colour', async () => {
  const env = { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
  expect((await call(['watch', 'r'], { env: { ...env, BREAKWATER_LOG_LEVEL: 'debug' } })).stderr).toMatch(/^\s+at /m);
  expect((await call(['watch', 'r'], { env })).stderr).not.toContain('\u001b');
  expect((await call(['validate', 'x'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stderr).not.toContain('\u001b');
});
