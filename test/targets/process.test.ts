import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import * as z from 'zod';
import { createReadiness } from '../../src/adapters/http/readiness.ts';
import { createHttp } from '../../src/adapters/http/request.ts';
import { createProcesses } from '../../src/adapters/process/index.ts';
import { isExcluded, matches, unitOf } from '../../src/targets/process-match.ts';
import { TargetSpec, targets } from '../../src/targets/index.ts';
import type { ProcessFacts } from '../../src/targets/ports.ts';
import { endAll, identityOf, never, start, containing } from '../adapters/process/harness/children.ts';
import { kubernetes } from '../support/no-cluster.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakwater-targets-'));
afterEach(endAll);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const tag = `t${process.pid}`;
const http = createHttp();
afterAll(() => http.close());
const ports = { processes: createProcesses(), readiness: createReadiness(http), kubernetes };
const discover = (selector: object) => targets.process.discover({ kind: 'process', ...selector }, ports, 'here', never);
const pidsOf = async (selector: object) => (await discover(selector)).targets.map(({ identity }) => identity['pid']).sort();
const labelled = (labels: string) => start(['sleep', '1000'], { BREAKWATER_LABELS: `run=${tag},${labels}` });

test('labels: all given ones must be there; the target says who it is', async () => {
  const [canary, other] = [await labelled('role=canary,tier=pay'), await labelled('role=main,tier=pay')];
  expect(await pidsOf({ labels: { run: tag, role: 'canary' } })).toEqual([canary.pid]);
  expect(await pidsOf({ labels: { run: tag, tier: 'pay' } })).toEqual([canary.pid, other.pid].sort());
  expect(await pidsOf({ labels: { run: tag, role: 'can' } })).toEqual([]);
  const {
    targets: [target],
  } = await discover({ labels: { run: tag, role: 'canary' } });
  const identity = identityOf(canary.pid);
  expect(target).toEqual({
    kind: 'process',
    id: `process:${identity.bootId}:${identity.pid}:${identity.startTicks}`,
    site: 'here',
    name: `sleep (pid ${canary.pid})`,
    labels: { run: tag, role: 'canary', tier: 'pay' },
    identity,
  });
});

test('arguments are compared one by one, never as a part of the joined line', async () => {
  const whole = `--name=${tag} x`;
  const child = await start([process.execPath, '-e', 'setInterval(()=>{},1000)', '--', whole, 'b']);
  expect(await pidsOf({ argv: [whole] })).toEqual([child.pid]);
  expect(await pidsOf({ argv: [{ prefix: `--name=${tag}` }, { equals: 'b' }] })).toEqual([child.pid]);
  expect(await pidsOf({ argv: [{ prefix: `--name=${tag}` }, 'c'] })).toEqual([]);
  for (const part of [`--name=${tag}`, tag, `${whole} b`]) expect(await pidsOf({ argv: [part] })).toEqual([]);
});

test('executable, user and listening port', async () => {
  const server = await start(
    [process.execPath, '-e', `const s=require('net').createServer().listen(0,'127.0.0.1',()=>console.log(s.address().port))`],
    { BREAKWATER_LABELS: `run=${tag}` },
  );
  const port = Number(((await once(server.stdout!, 'data')) as [Buffer])[0].toString());
  expect(await pidsOf({ port })).toEqual([server.pid]);
  expect(await pidsOf({ labels: { run: tag }, executable: process.execPath, user: userInfo().username })).toEqual([server.pid]);
  expect(await pidsOf({ port, user: userInfo().uid })).toEqual([server.pid]);
  expect(await pidsOf({ port, user: userInfo().uid + 1 })).toEqual([]);
  expect(await pidsOf({ port, executable: '/usr/bin/nod' })).toEqual([]);
});

test('any criterion of exclude takes a process out, and the plan says so', async () => {
  const [canary, main] = [await labelled('role=canary'), await labelled('role=main')];
  const found = await discover({ labels: { run: tag }, exclude: { labels: { role: 'main', other: 'x' }, port: 9 } });
  expect(found.targets.map(({ identity }) => identity['pid'])).toEqual([canary.pid]);
  expect(found.protected).toMatchObject([{ target: { identity: { pid: main.pid } }, why: containing('excluded') }]);
});

test('the protected are shown apart, whatever the file says', async () => {
  const ours = await start(['sleep', '1000'], { BREAKWATER_LABELS: `run=${tag}`, BREAKWATER_PROCESS: '1' });
  const found = await discover({ labels: { run: tag } });
  expect(found.targets).toEqual([]);
  expect(found.protected).toMatchObject([{ target: { identity: { pid: ours.pid } }, why: 'is another Breakwater process' }]);
});

test('a registry names and labels processes; an entry older than the process speaks of another one', async () => {
  const child = await start(['sleep', '1000']);
  const registry = join(dir, 'registry.json');
  writeFileSync(
    registry,
    JSON.stringify([
      { name: 'worker-1', pid: child.pid, labels: { role: tag } },
      { name: 'worker-2', pid: 4_000_000 },
    ]),
  );
  const selectors = [
    { supervisor: 'worker-1', registry },
    { labels: { role: tag }, registry },
  ];
  for (const selector of selectors)
    expect((await discover(selector)).targets).toMatchObject([
      { name: `worker-1 (pid ${child.pid})`, labels: { name: 'worker-1', role: tag } },
    ]);
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(registry, longAgo, longAgo);
  for (const selector of selectors) expect((await discover(selector)).targets).toEqual([]);
});

test.each([
  ['nonsense', /is not JSON/],
  ['{}', /is not \[/],
  ['[{"name":"a","pid":5},{"name":"b","pid":5}]', /same pid/],
  ['[{"name":"a","pid":"5"}]', /pid/],
])('the registry %s is refused by name', async (content, message) => {
  const registry = join(dir, 'bad.json');
  writeFileSync(registry, content);
  await expect(discover({ supervisor: 'x', registry })).rejects.toThrow(message);
  await expect(discover({ supervisor: 'x', registry })).rejects.toThrow('bad.json');
});

test.each<[object, RegExp]>([
  [{}, /at least one of/],
  [{ user: 'root' }, /at least one of/],
  [{ registry: '/x' }, /at least one of/],
  [{ supervisor: 'x' }, /registry/],
  [{ executable: 'node' }, /absolute path/],
  [{ cgroup: '/' }, /below the root/],
  [{ labels: {} }, /at least one label/],
  [{ argv: [] }, /argv/],
  [{ port: 0 }, /port/],
  [{ port: 80, exclude: {} }, /at least one criterion/],
  [{ port: 80, pattern: 'x' }, /pattern/],
])('the selector %j is refused', (selector, message) => {
  const parsed = TargetSpec.safeParse({ kind: 'process', ...selector });
  expect(parsed.success ? 'accepted' : z.prettifyError(parsed.error)).toMatch(message);
});

test('units, control groups and what cannot be read', () => {
  const facts = {
    cgroups: ['/system.slice/pay.service/sub'],
    executable: undefined,
    argv: undefined,
    listeningPorts: undefined,
  } as unknown as ProcessFacts;
  const candidate = { facts, labels: undefined };
  expect(unitOf('/user.slice/user@1.service/app.slice/x.scope')).toBe('x.scope');
  expect(matches({ unit: 'pay.service' }, candidate)).toBe(true);
  expect(matches({ cgroup: '/system.slice/' }, candidate)).toBe(true);
  expect(matches({ cgroup: '/system.slice' }, candidate)).toBe(false);
  for (const unreadable of [{ executable: '/x' }, { argv: ['x'] }, { port: 5 }, { labels: { a: 'b' } }]) {
    expect(matches(unreadable, candidate)).toBe(false);
    expect(isExcluded(unreadable, candidate)).toBe(true);
  }
});
