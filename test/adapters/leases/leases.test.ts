import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { faults } from '../../../src/faults/index.ts';
import { isBreakwaterEntry } from '../../../src/adapters/process/own-processes.ts';
import { endReaper, findReaper } from '../../../src/sandbox/reaper.ts';
import { containing, endAll, identityOf, never, stateOf } from '../process/harness/children.ts';
import { compileReaper, LeasedSite, until } from './harness/site.ts';

const { folder, entry } = compileReaper();
let site: LeasedSite;
beforeEach(() => {
  site = new LeasedSite(folder, entry);
});
afterEach(async () => {
  await site.end();
  await endAll();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runs = (pid: number) => /[RS]/.test(stateOf(pid) ?? '');
const isStopped = (pid: number) => stateOf(pid) === 'T';

test('armed, injected, undone, released: nothing is left, and the reaper leaves by itself', async () => {
  const { child, order } = await site.pause(60_000);
  await site.leases.arm(order, never);
  expect(await site.inject(order)).toMatchObject({ outcome: 'injected' });
  await site.leases.arm(order, never); // a second attempt
  expect(await site.leases.list()).toMatchObject([{ order: { key: order.key }, untilMs: expect.any(Number) as number }]);
  expect(await site.leases.list(order)).toHaveLength(1);
  expect(await site.leases.list({ ...order, iteration: order.iteration + 1 })).toEqual([]);
  expect(await faults['process-pause'].bind(order.fault, site.ports).revert(order, never)).toMatchObject({ undone: true });
  await site.leases.release(order.key);
  await site.leases.release(order.key);
  expect(runs(child.pid)).toBe(true);
  expect(await site.leases.list()).toEqual([]);
  const tookMs = await until('the reaper leaves', () => site.reaperPid === undefined);
  expect(site.files).toEqual([]);
  process.stderr.write(`the reaper left ${tookMs} ms after the last lease\n`);
});

test('with a living reaper, arming takes milliseconds', async () => {
  const first = await site.pause(60_000);
  await site.leases.arm(first.order, never);
  const times: number[] = [];
  for (let n = 0; n < 20; n++) {
    const { order } = await site.pause(60_000);
    const beganMs = performance.now();
    await site.leases.arm(order, never);
    times.push(performance.now() - beganMs);
  }
  times.sort((a, b) => a - b);
  process.stderr.write(`arming: median ${times[10]?.toFixed(1)} ms, worst ${times.at(-1)?.toFixed(1)} ms\n`);
  expect(times[10]).toBeLessThan(190); // less than one poll: it was told, it did not look by chance
});

test('nobody renews: undone when the lease is over, said so in the journal, and seen by the guard', async () => {
  const { child, order } = await site.pause(2_000);
  await site.leases.arm(order, never);
  const armedMs = Date.now();
  await site.inject(order);
  await until('the stop', () => isStopped(child.pid));
  await until('the victim runs', () => runs(child.pid));
  expect(Date.now() - armedMs).toBeGreaterThan(1_900);
  await until('the end of the lease', async () => (await site.leases.list()).length === 0);
  expect(await site.leases.ranOut(order)).toEqual([order.key]);
  expect(await site.leases.renew(order)).toEqual([order.key]);
  expect(await site.leases.ranOut({ ...order, iteration: 1 })).toEqual([]);
  expect((await site.ports.journal.read(order.key)).reversal).toMatchObject({
    undone: true,
    evidence: containing('the lease ran out at 2'),
  });
  await site.leases.release(order.key);
  expect(await site.leases.ranOut(order)).toEqual([]);
});

test('an order that comes after its lease does nothing', async () => {
  const { child, order } = await site.pause(2_000);
  await site.leases.arm(order, never);
  await until('the end of the lease', async () => (await site.leases.list()).length === 0);
  await site.leases.arm(order, never);
  expect(await site.inject(order)).toMatchObject({ outcome: 'skipped', reason: containing('too late') });
  expect(runs(child.pid)).toBe(true);
});

test('renewed, it lasts', async () => {
  const { child, order } = await site.pause(2_000);
  await site.leases.arm(order, never);
  await site.inject(order);
  const endMs = Date.now() + 5_000;
  while (Date.now() < endMs) {
    expect(await site.leases.renew(order)).toEqual([]);
    await sleep(400);
  }
  expect(isStopped(child.pid)).toBe(true);
  await until('the victim runs', () => runs(child.pid));
}, 20_000);

test('the whole process group of the worker is killed -9: the victim runs within its lease', async () => {
  const { child, order } = await site.pause(2_000);
  const worker = await site.startWorker(order);
  await sleep(2_500); // longer than a lease: it is renewed
  expect(isStopped(child.pid)).toBe(true);
  process.kill(-worker.pid, 'SIGKILL');
  await once(worker, 'exit');
  expect(site.reaperPid).toBeDefined();
  const tookMs = await until('the victim runs', () => runs(child.pid));
  process.stderr.write(`worker's group killed: the victim ran ${tookMs} ms later (lease 2000 ms)\n`);
  expect(tookMs).toBeLessThan(4_000);
}, 20_000);

test('the reaper is killed -9 while the worker lives: the next renewal starts another, which takes over', async () => {
  const { child, order } = await site.pause(3_000);
  const worker = await site.startWorker(order);
  const first = site.reaperPid;
  await site.killReaper();
  await until('another reaper', () => site.reaperPid !== undefined && site.reaperPid !== first);
  await sleep(1_000);
  expect(isStopped(child.pid)).toBe(true);
  process.kill(-worker.pid, 'SIGKILL');
  await until('the victim runs', () => runs(child.pid));
}, 20_000);

test('everything is killed -9, the reaper too: whoever comes later undoes it at once', async () => {
  const { child, order } = await site.pause(2_000);
  const worker = await site.startWorker(order);
  process.kill(-worker.pid, 'SIGKILL');
  await site.killReaper();
  await sleep(2_500);
  expect(isStopped(child.pid)).toBe(true);
  await site.leases.ensureReaper(never);
  const tookMs = await until('the victim runs', () => runs(child.pid));
  process.stderr.write(`a reaper that came later undid it ${tookMs} ms after it was up\n`);
  expect(tookMs).toBeLessThan(1_500);
}, 20_000);

test('a worker that is frozen in the middle of its deed cannot keep the victim', async () => {
  const { child, order } = await site.pause(2_000);
  const worker = await site.startWorker(order, { freezeAfterSignal: true });
  await until('the frozen worker', () => isStopped(worker.pid));
  await until('the victim runs', () => runs(child.pid));
  await until('the reason', () => existsSync(site.path(order, 'stuck')));
  expect(await site.leases.list()).toMatchObject([{ stuck: containing('a living attempt holds the order') }]);
  worker.kill('SIGKILL');
  await until('the end of the lease', async () => (await site.leases.list()).length === 0);
  expect(await site.leases.ranOut(order)).toEqual([order.key]);
}, 30_000);

test('armed before a restart of the machine: void, and closed in the journal', async () => {
  const { child, order } = await site.pause(60_000);
  await site.leases.arm(order, never);
  await site.inject(order);
  await site.killReaper();
  const record = JSON.parse(readFileSync(site.path(order, 'lease'), 'utf8')) as object;
  writeFileSync(site.path(order, 'lease'), JSON.stringify({ ...record, bootId: 'another-boot' }));
  await site.leases.ensureReaper(never);
  await until('the end of the lease', async () => (await site.leases.list()).length === 0);
  expect((await site.ports.journal.read(order.key)).reversal).toMatchObject({
    undone: true,
    evidence: containing('void: armed in boot another-boot'),
  });
  expect(isStopped(child.pid)).toBe(true); // by this test's own doing: nothing of the boot before is touched
}, 20_000);

test('two reapers at once: one works, the other leaves', async () => {
  const { order } = await site.pause(60_000);
  await site.leases.arm(order, never);
  const second = spawn(process.execPath, [entry, site.stateDir], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  second.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const pid = site.reaperPid;
  expect(await once(second, 'exit')).toEqual([0, null]);
  expect(said).toContain('another reaper is in charge');
  expect(site.reaperPid).toBe(pid);
});

test('a damaged record is named, and does not hold up the others', async () => {
  const [bad, good] = [await site.pause(2_000), await site.pause(2_000)];
  await site.leases.arm(bad.order, never);
  await site.killReaper();
  writeFileSync(site.path(bad.order, 'lease'), '{"order":');
  await site.leases.arm(good.order, never);
  await site.inject(good.order);
  await until('the victim of the good one runs', () => site.log.includes('"undone"') && runs(good.child.pid));
  expect(site.log).toContain('A PERSON MUST LOOK');
  expect(await site.leases.unreadable()).toEqual([containing('is damaged')]);
  await until('the reaper leaves', () => site.reaperPid === undefined);
}, 20_000);

test('the reaper is never hit', async () => {
  const { order } = await site.pause(60_000);
  await site.leases.arm(order, never);
  expect(await site.ports.processes.protectionOf(identityOf(site.reaperPid ?? 0), never)).toBe('is another Breakwater process');
  for (const entryOf of [resolve('dist/reaper/main.js'), '/opt/breakwater/dist/reaper/main.js'])
    expect(isBreakwaterEntry(['node', entryOf, '/var/lib/breakwater/state'], '/')).toBe(true);
});

test('asked to leave, as by `breakwater down`, it undoes everything first', async () => {
  const { child, order } = await site.pause(60_000);
  await site.leases.arm(order, never);
  await site.inject(order);
  await until('the stop', () => isStopped(child.pid));
  expect(await findReaper(site.stateDir)).toBeDefined();
  await endReaper(site.stateDir);
  expect(site.reaperPid).toBeUndefined();
  expect(await findReaper(site.stateDir)).toBeUndefined();
  await until('the victim runs', () => runs(child.pid));
  expect(await site.leases.list()).toEqual([]);
});

test('an undo that fails is tried again for as long as it takes', async () => {
  const { child, order } = await site.pause(2_000);
  await site.leases.arm(order, never);
  process.kill(child.pid, 'SIGSTOP'); // by nobody whom the journal knows: its undo does not wake it
  await until('the reason', () => existsSync(site.path(order, 'stuck')));
  expect(await site.leases.list()).toMatchObject([{ stuck: containing('look who did') }]);
  expect(site.reaperPid).toBeDefined();
  child.kill('SIGCONT');
  await until('the end of the lease', async () => (await site.leases.list()).length === 0);
}, 20_000);

test('without a reaper there is no lease', async () => {
  const without = new LeasedSite(folder, `${entry}.missing`);
  const { order } = await without.pause(2_000);
  await expect(without.leases.arm(order, never)).rejects.toThrow(/the reaper ended with exit code 1: see .*reaper.log/);
  await without.end();
});
