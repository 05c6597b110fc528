import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askOnce, portsWith, told } from './world.ts';

const ports = portsWith({ TOKEN: 't0ken' });
afterAll(() => ports.close());

const node = process.execPath;
const ask = async (argv: string[], read: string, more: object = {}, timeoutMs?: number) =>
  told(await askOnce({ kind: 'command', argv, read, ...more }, ports, timeoutMs));
const script = (code: string, ...rest: string[]) => [node, '-e', code, ...rest];

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function isGoneWithin(pid: number, ms: number): Promise<boolean> {
  const until = Date.now() + ms;
  while (isAlive(pid) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  return !isAlive(pid);
}

test.each([
  ['true', 'exitCode', 0],
  ['false', 'exitCode', 1],
  ['true', 'stdout-number', 'no-data: nothing on standard output'],
  ['false', 'stdout-number', 'error: exit code 1'],
  ['/does/not/exist', 'exitCode', 'error: cannot run /does/not/exist: ENOENT'],
])('%s read as %s', async (program, read, expected) => {
  expect(await ask([program], read)).toBe(expected);
});

test.each([
  ['12.5\n', 12.5],
  ['0', 0],
  ['NaN', 'no-data: the answer is NaN'],
  ['inf', 'error: the answer is infinite'],
  ['12 apples', "error: expected a number on standard output, got '12 apples'"],
  ['0x10', "error: expected a number on standard output, got '0x10'"],
])('output %j is %p', async (output, expected) => {
  expect(await ask(['printf', '%s', output], 'stdout-number')).toBe(expected);
});

test('no shell reads the arguments', async () => {
  expect(await ask(['printf', '%s', '$(echo 5)'], 'stdout-number')).toMatch(/got '\$\(echo 5\)'/);
});

test('a signal that ends it is an error', async () => {
  expect(await ask(script('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 5000)'), 'exitCode')).toBe('error: ended by SIGTERM');
});

test('endless output is bounded', async () => {
  expect(await ask(['yes'], 'stdout-number')).toBe('error: the output is longer than 65536 bytes');
});

test('the environment holds what was given, and nothing of ours', async () => {
  process.env['BREAKWATER_TEST_LEAK'] = '1';
  const code = 'console.log(process.env.BREAKWATER_TEST_LEAK ? 9 : process.env.T === "t0ken" ? 1 : 0)';
  expect(await ask(script(code), 'stdout-number', { env: { T: { secret: 'TOKEN' } } })).toBe(1);
  delete process.env['BREAKWATER_TEST_LEAK'];
});

test('too slow: the whole process group is killed', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'probe-'));
  const file = join(dir, 'pids');
  const code =
    'const child = require("child_process").spawn("sleep", ["60"], { stdio: "inherit" });' +
    'require("fs").writeFileSync(process.argv[1], process.pid + " " + child.pid); setTimeout(() => {}, 60000)';
  expect(await ask(script(code, file), 'exitCode', {}, 1_500)).toBe('error: no answer within 1500 ms');
  const pids = (await readFile(file, 'utf8')).split(' ').map(Number);
  expect(pids).toHaveLength(2);
  for (const pid of pids) expect(await isGoneWithin(pid, 2_000)).toBe(true);
  await rm(dir, { recursive: true });
});

test('a child that outlives the command is not left behind', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'probe-'));
  const file = join(dir, 'pid');
  const code =
    'const child = require("child_process").spawn("sleep", ["60"], { stdio: "inherit" }); child.unref();' +
    'require("fs").writeFileSync(process.argv[1], String(child.pid)); console.log(4); process.exit(0)';
  expect(await ask(script(code, file), 'stdout-number', {}, 5_000)).toBe(4);
  expect(await isGoneWithin(Number(await readFile(file, 'utf8')), 2_000)).toBe(true);
  await rm(dir, { recursive: true });
});
