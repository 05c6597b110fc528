import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseUsage } from '../../src/adapters/probes/processes.ts';
import { openProbe } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import { processMetrics } from '../../src/probes/process.ts';
import { askOnce, forever, portsWith, told } from './world.ts';

const ports = portsWith();
const label = `worker-${process.pid}`;
const children: ChildProcess[] = [];
const labels = { 'probe-test': label };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
let dir: string;

async function start(code: string, more = ''): Promise<ChildProcess> {
  const env = { BREAKWATER_LABELS: `probe-test=${label}${more}` };
  const child = spawn(process.execPath, ['-e', `${code}; console.log("up")`], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

const ask = async (metric: string, more: object = { labels }) => told(await askOnce({ kind: 'process', metric, ...more }, ports));

(process.platform === 'linux' ? describe : describe.skip)('process', () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'probe-'));
    await start('setInterval(() => {}, 1000)');
    await start(
      'const f = require("fs"); for (let i = 0; i < 50; i++) f.openSync("/dev/null"); setInterval(() => {}, 1000)',
      ',role=canary',
    );
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(dir, { recursive: true });
    await ports.close();
  });

  test('by labels: how many, how big, how old', async () => {
    expect(await ask('count')).toBe(2);
    expect(await ask('count', { labels: { ...labels, role: 'canary' } })).toBe(1);
    expect(await ask('rss')).toBeGreaterThan(40_000_000);
    expect(await ask('threads')).toBeGreaterThan(2);
    const [canary, both] = [Number(await ask('fds', { labels: { ...labels, role: 'canary' } })), Number(await ask('fds'))];
    expect(canary).toBeGreaterThanOrEqual(50);
    expect(both).toBeGreaterThan(canary);
    expect(await ask('fds', { labels, aggregate: 'max' })).toBe(canary);
    expect(await ask('start-age', { labels, aggregate: 'max' })).toBeLessThan(60_000);
  });

  test('none: 0 for count, no data for the rest', async () => {
    const nobody = { labels: { 'probe-test': 'nobody' } };
    expect(await ask('count', nobody)).toBe(0);
    for (const metric of ['cpu', 'rss', 'fds', 'threads', 'start-age'])
      expect(await ask(metric, nobody)).toBe('no-data: no process matches');
  });

  test('a spinning process uses a core, and a killed one is not counted', async () => {
    const probe = openProbe({ kind: 'process', labels: { ...labels, role: 'spin' }, metric: 'cpu' }, ports);
    const spinner = await start('setInterval(() => { const until = Date.now() + 90; while (Date.now() < until); }, 100)', ',role=spin');
    expect(told(await measureOnce(probe, 10_000, forever))).toMatch(/^no-data/);
    await pause(600);
    const cores = told(await measureOnce(probe, 10_000, forever));
    expect(cores).toBeGreaterThan(0.2);
    expect(cores).toBeLessThan(2);
    spinner.kill('SIGKILL');
    await once(spinner, 'exit');
    expect(told(await measureOnce(probe, 10_000, forever))).toBe('no-data: no process matches');
    expect(await ask('count')).toBe(2);
  });

  test('by a registry: the named ones, but not one that took over the pid later', async () => {
    const registry = join(dir, 'registry.json');
    await writeFile(
      registry,
      JSON.stringify([
        { name: 'a', pid: children[0]?.pid },
        { name: 'b', pid: children[1]?.pid },
      ]),
    );
    expect(await ask('count', { registry, name: 'a' })).toBe(1);
    expect(await ask('count', { registry, name: 'c' })).toBe(0);
    await utimes(registry, new Date(0), new Date(0));
    expect(await ask('count', { registry, name: 'a' })).toBe(0);
    await writeFile(registry, 'not json');
    expect(await ask('count', { registry, name: 'a' })).toMatch(/^error: registry .* is not JSON/);
    expect(await ask('count', { registry: join(dir, 'none'), name: 'a' })).toMatch(/^error: registry .*ENOENT/);
  });
});

test.each([[{}], [{ labels: {} }], [{ name: 'a' }], [{ registry: '/r' }], [{ registry: '/r', name: 'a', labels }], [{ pid: 1 }]])(
  'selection %j is refused',
  (selection) => {
    expect(() => processMetrics.open({ kind: 'process', metric: 'count', ...selection }, ports)).toThrow();
  },
);

test('a name may hold anything', () => {
  const fields = `S 1 1 1 0 -1 4194560 1 1 1 1 7 3 0 0 20 0 11 0 4711 1 1`;
  expect(parseUsage(`42 (a) b ( 1 2) ${fields}\n`)).toEqual({ state: 'S', cpuMs: 100, threads: 11, startTicks: 4711 });
});
