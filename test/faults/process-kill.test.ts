import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createCommands } from '../../src/adapters/command/run.ts';
import { createProcesses, openJournal } from '../../src/adapters/process/index.ts';
import { faults } from '../../src/faults/index.ts';
import type { FaultPorts } from '../../src/faults/ports.ts';
import {
  COUNTS_USR1,
  endAll,
  identityOf,
  never,
  orderFor,
  start,
  startNode,
  stateOf,
  targetOf,
  containing,
} from '../adapters/process/harness/children.ts';
import { elsewhere } from '../support/no-cluster.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakwater-kill-'));
const ports = { processes: createProcesses(), journal: openJournal(dir), commands: createCommands({}), ...elsewhere } satisfies FaultPorts;
afterEach(endAll);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const prepared = (pid: number, fields: object = {}, change: object = {}) => {
  const order = orderFor(targetOf(identityOf(pid)), { kind: 'process-kill', ...fields }, change);
  return { order, fault: faults['process-kill'].bind(order.fault, ports) };
};

test('kills, proves it, and is not repeated', async () => {
  const child = await start(['sleep', '1000']);
  const { order, fault } = prepared(child.pid);
  const exited = once(child, 'exit');
  const first = await fault.inject(order, never);
  expect(first).toMatchObject({ outcome: 'injected' });
  expect(await exited).toEqual([null, 'SIGKILL']);
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect(await fault.inject(order, never)).toEqual(first);
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
});

test('a stopped process is killed too', async () => {
  const child = await start(['sleep', '1000']);
  child.kill('SIGSTOP');
  while (stateOf(child.pid) !== 'T') await new Promise((resolve) => setTimeout(resolve, 5));
  const { order, fault } = prepared(child.pid);
  await fault.inject(order, never);
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
});

test('the same order eight times at once sends one signal; another order sends another', async () => {
  const child = await startNode(COUNTS_USR1);
  const hits: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => hits.push(chunk.toString()));
  const settle = () => new Promise((resolve) => setTimeout(resolve, 200));
  const { order, fault } = prepared(child.pid, { signal: 'SIGUSR1' });
  const deeds = await Promise.all(Array.from({ length: 8 }, () => fault.inject(order, never)));
  await settle();
  expect(new Set(deeds.map((deed) => JSON.stringify(deed))).size).toBe(1);
  expect(hits.join('')).toBe('hit\n');
  const other = prepared(child.pid, { signal: 'SIGUSR1' });
  await other.fault.inject(other.order, never);
  await settle();
  expect(hits.join('')).toBe('hit\nhit\n');
});

test('a process that ignores the signal is not proven', async () => {
  const child = await startNode(`process.on('SIGTERM',()=>{});setInterval(()=>{},1000)`);
  const { order, fault } = prepared(child.pid, { signal: 'SIGTERM', effectWithin: '300ms' });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
  expect(await fault.effect(order, never)).toMatchObject({ proven: false, evidence: containing('300 ms after SIGTERM') });
});

test('a signal without a visible effect is not proven', async () => {
  const child = await start(['sleep', '1000']);
  const { order, fault } = prepared(child.pid, { signal: 'SIGWINCH' });
  await fault.inject(order, never);
  expect(await fault.effect(order, never)).toMatchObject({ proven: false, evidence: containing('SIGWINCH') });
});

test('an expired order skips, its repeat skips, and the victim lives', async () => {
  const child = await start(['sleep', '1000']);
  const { order, fault } = prepared(child.pid, {}, { notAfterMs: Date.now() - 1 });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('expired') });
  expect(await fault.inject({ ...order, notAfterMs: Date.now() + 9_999 }, never)).toMatchObject({ outcome: 'skipped' });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

test('a victim that was gone or replaced before is skipped, and its absence is no proof', async () => {
  const child = await start(['sleep', '1000']);
  const { order, fault } = prepared(child.pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('gone') });
  expect(await fault.effect(order, never)).toMatchObject({ proven: false });

  const living = await start(['sleep', '1000']);
  const now = identityOf(living.pid);
  const stale = orderFor(targetOf({ ...now, startTicks: now.startTicks - 7 }), { kind: 'process-kill' });
  expect(await fault.inject(stale, never)).toMatchObject({ outcome: 'skipped', reason: containing('replaced') });
  expect(await fault.effect(stale, never)).toMatchObject({ proven: false });
  expect(stateOf(living.pid)).toMatch(/[RS]/);
});

test('a protected victim is skipped, and a target whose id and identity disagree is an error', async () => {
  const { order, fault } = prepared(process.ppid, { signal: 'SIGWINCH' });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('protected') });
  const child = await start(['sleep', '1000']);
  const forged = prepared(child.pid);
  forged.order.target.identity['pid'] = process.pid;
  await expect(forged.fault.inject(forged.order, never)).rejects.toThrow(/discover it again/);
});
