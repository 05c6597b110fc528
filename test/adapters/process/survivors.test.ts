import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openSurvivors } from '../../../src/adapters/process/index.ts';
import { compileInto } from './harness/compile.ts';
import { never } from './harness/children.ts';

const folder = mkdtempSync(join(tmpdir(), 'breakwater-survivors-'));
const children = new Set<ChildProcess>();
beforeAll(() => {
  compileInto(folder);
  cpSync(resolve('test/adapters/process/harness/count.mjs'), join(folder, 'count.mjs'));
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

let dirs = 0;
const freshDir = (): string => mkdtempSync(join(folder, `state-${dirs++}-`));
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const soon = () => Date.now() + 20_000;

/** A process that does `times` read-wait-write additions to a file, each alone on the machine; it dies in the middle of addition `dieAt`. */
function counter(dir: string, times: number, dieAt = -1): ChildProcess {
  const child = spawn(process.execPath, [join(folder, 'count.mjs'), dir, String(times), String(dieAt)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.add(child);
  return child;
}

test('one at a time, over processes and within one', async () => {
  const dir = freshDir();
  const file = join(dir, 'count');
  writeFileSync(file, '0');
  const others = [counter(dir, 15), counter(dir, 15)].map((child) => once(child, 'exit'));
  const survivors = openSurvivors(dir);
  const add = async (): Promise<void> => {
    const before = Number(readFileSync(file, 'utf8'));
    await sleep(2);
    writeFileSync(file, String(before + 1));
  };
  await Promise.all(Array.from({ length: 30 }, () => survivors.exclusively(add, soon(), never)));
  expect(await Promise.all(others)).toEqual([
    [0, null],
    [0, null],
  ]);
  expect(readFileSync(file, 'utf8')).toBe('60');
}, 30_000);

test('a holder that is killed -9 blocks nobody', async () => {
  const dir = freshDir();
  writeFileSync(join(dir, 'count'), '0');
  expect(await once(counter(dir, 5, 2), 'exit')).toEqual([null, 'SIGKILL']);
  expect(await openSurvivors(dir).exclusively(() => Promise.resolve('mine'), soon(), never)).toBe('mine');
});

test('the folder of claims stays small', async () => {
  const dir = freshDir();
  for (let i = 0; i < 40; i++) await openSurvivors(dir).exclusively(() => Promise.resolve(), soon(), never);
  expect(readdirSync(join(dir, 'claims')).length).toBeLessThanOrEqual(17);
});

test('a turn that does not come in time is refused, an abort is heard, and neither disturbs the others', async () => {
  const dir = freshDir();
  const [one, other] = [openSurvivors(dir), openSurvivors(dir)];
  const holding = one.exclusively(() => sleep(600), soon(), never);
  await sleep(100);
  await expect(other.exclusively(() => Promise.resolve(), Date.now() + 50, never)).rejects.toThrow(/under way/);
  const body = jest.fn(() => Promise.resolve());
  await expect(one.exclusively(body, soon(), AbortSignal.abort(new Error('aborted')))).rejects.toThrow('aborted');
  expect(body).not.toHaveBeenCalled();
  await holding;
  await expect(one.exclusively(() => Promise.reject(new Error('its own')), soon(), never)).rejects.toThrow('its own');
  expect(await other.exclusively(() => Promise.resolve('next'), soon(), never)).toBe('next');
});

test('hits are shared, forgotten on demand and after five minutes; what is no record of a hit is an error', async () => {
  const dir = freshDir();
  const [one, other] = [openSurvivors(dir), openSurvivors(dir)];
  const all = ['a', 'b', 'c'];
  expect(await one.recent(all)).toEqual([]);
  const now = Date.now();
  await one.note({ key: 'run/../../a', targetId: 'a', atMs: now });
  await one.note({ key: 'b', targetId: 'b', atMs: now - 290_000 });
  await one.note({ key: 'c', targetId: 'c', atMs: now - 301_000 });
  const seen = async () => (await other.recent(all)).map(({ targetId }) => targetId).sort();
  expect(await seen()).toEqual(['a', 'b']);
  expect(await other.recent(['b'])).toEqual([{ key: 'b', targetId: 'b', atMs: now - 290_000 }]);
  expect(readdirSync(join(dir, 'hits'))).toHaveLength(2);
  await other.note({ key: 'b', targetId: 'b', atMs: now }); // a second attempt
  await other.forget({ key: 'b', targetId: 'b' });
  await other.forget({ key: 'b', targetId: 'b' });
  expect(await seen()).toEqual(['a']);
  const [file] = readdirSync(join(dir, 'hits'));
  writeFileSync(join(dir, 'hits', file!), '{"key":1}');
  await expect(one.recent(['a'])).rejects.toThrow(/is no record of a hit/);
  writeFileSync(join(dir, 'hits', 'odd.json'), '{}');
  await expect(one.recent([])).rejects.toThrow(/odd\.json is no record of a hit/);
});
