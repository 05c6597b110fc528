import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommands } from '../../src/adapters/command/run.ts';
import { createProcesses, openJournal } from '../../src/adapters/process/index.ts';
import { faults } from '../../src/faults/index.ts';
import { containing, endAll, identityOf, never, orderFor, start, stateOf, targetOf } from '../adapters/process/harness/children.ts';
import { elsewhere } from '../support/no-cluster.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakwater-no-op-'));
const ports = { processes: createProcesses(), journal: openJournal(dir), commands: createCommands({}), ...elsewhere };
afterEach(endAll);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const prepared = (pid: number, change: object = {}) => {
  const order = orderFor(targetOf(identityOf(pid)), { kind: 'no-op' }, change);
  return { order, fault: faults['no-op'].bind(order.fault, ports) };
};

test('nothing happens, it is proven that the order was received, and a repeat is the same', async () => {
  const child = await start(['sleep', '1000']);
  const { order, fault } = prepared(child.pid);
  expect(await fault.effect(order, never)).toMatchObject({ proven: false });
  const first = await fault.inject(order, never);
  expect(first).toMatchObject({ outcome: 'injected', reason: containing('on purpose') });
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect(await fault.inject(order, never)).toEqual(first);
  expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
});

test('an expired order is not received', async () => {
  const child = await start(['sleep', '1000']);
  const { order, fault } = prepared(child.pid, { notAfterMs: Date.now() - 1 });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('expired') });
  expect(await fault.effect(order, never)).toMatchObject({ proven: false });
});
