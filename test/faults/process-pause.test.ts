import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommands } from '../../src/adapters/command/run.ts';
import { createProcesses, openJournal } from '../../src/adapters/process/index.ts';
import { faults } from '../../src/faults/index.ts';
import type { FaultPorts } from '../../src/faults/ports.ts';
import { endAll, identityOf, never, orderFor, start, stateOf, targetOf, containing } from '../adapters/process/harness/children.ts';
import { elsewhere } from '../support/no-cluster.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakwater-pause-'));
const ports = { processes: createProcesses(), journal: openJournal(dir), commands: createCommands({}), ...elsewhere } satisfies FaultPorts;
afterEach(endAll);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const prepared = async () => {
  const child = await start(['sleep', '1000']);
  const order = orderFor(targetOf(identityOf(child.pid)), { kind: 'process-pause' });
  return { child, order, fault: faults['process-pause'].bind(order.fault, ports) };
};
const becomes = async (pid: number, state: RegExp) => {
  while (!state.test(stateOf(pid) ?? '')) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('stops, proves it, and the undo leaves the process as it was; each twice is once', async () => {
  const { child, order, fault } = await prepared();
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect(stateOf(child.pid)).toBe('T');
  const first = await fault.revert(order, never);
  expect(first).toMatchObject({ undone: true });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
  child.kill('SIGSTOP'); // somebody else's affair
  await becomes(child.pid, /T/);
  expect(await fault.revert(order, never)).toEqual(first);
  expect(stateOf(child.pid)).toBe('T');
});

test('an undo without a deed touches nothing, and closes the order', async () => {
  const { child, order, fault } = await prepared();
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped' });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

test('a process that somebody else stopped is not ours to pause, nor to wake', async () => {
  const { child, order, fault } = await prepared();
  child.kill('SIGSTOP');
  await becomes(child.pid, /T/);
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('already') });
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect(stateOf(child.pid)).toBe('T');
});

test('stopped, and the journal knows nothing of it: a person must look', async () => {
  const { child, order, fault } = await prepared();
  child.kill('SIGSTOP');
  await becomes(child.pid, /T/);
  expect(await fault.revert(order, never)).toMatchObject({ undone: false, evidence: containing('journal') });
  expect(stateOf(child.pid)).toBe('T');
});

test('a paused victim that has ended is undone, with the evidence', async () => {
  const { child, order, fault } = await prepared();
  await fault.inject(order, never);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await fault.revert(order, never)).toMatchObject({ undone: true, evidence: containing('no more') });
});

test('a stop that does not show yet is undone all the same', async () => {
  const { child, order } = await prepared();
  const late = faults['process-pause'].bind(order.fault, {
    ...ports,
    processes: { ...ports.processes, signal: () => Promise.reject(new Error('cut off')) },
  });
  await expect(late.inject(order, never)).rejects.toThrow('cut off');
  child.kill('SIGSTOP'); // what the cut-off attempt had sent
  await becomes(child.pid, /T/);
  let looks = 0;
  const inspect: FaultPorts['processes']['inspect'] = (victim) =>
    looks++ === 0 ? Promise.resolve({ kind: 'running', evidence: 'not scheduled since the signal' }) : ports.processes.inspect(victim);
  const fault = faults['process-pause'].bind(order.fault, { ...ports, processes: { ...ports.processes, inspect } });
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});
