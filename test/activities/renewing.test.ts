import { renewedAtTarget } from '../../src/activities/renewing.ts';
import type { Order } from '../../src/domain/order.ts';
import type { FaultPorts } from '../../src/faults/ports.ts';
import { containing, endAll, never, start, stateOf } from '../adapters/process/harness/children.ts';
import { World } from '../faults/harness/kubernetes.ts';
import { MemoryLeases } from '../support/leases.ts';

/** Of this process alone: a sleeper that an earlier run left behind is not found for ours. */
const FOR_AGES = `87654.${process.pid}`;

let world: World;
beforeEach(() => (world = new World()));
afterEach(async () => {
  world.end();
  await endAll();
});

/** A paused process, its lease held at the site as well. */
async function paused() {
  world.cluster.runsPrograms = true;
  const child = await start(['sleep', FOR_AGES]);
  const spec = { kind: 'container-process-pause', process: { argv: [FOR_AGES] } };
  const { order, fault } = world.prepared(spec, { leaseMs: 30_000 });
  const leases = new MemoryLeases();
  await leases.arm(order);
  await fault.inject(order, never);
  return { child, order, fault, leases };
}
const renewed = (leases: MemoryLeases, order: Order, ports: FaultPorts = world.ports) => renewedAtTarget(leases, ports).renew(order);

test('a fault that is held at its target is renewed there, after the site', async () => {
  const { order, fault, leases, child } = await paused();
  expect(await renewed(leases, order)).toEqual([]);
  expect(stateOf(child.pid)).toBe('T');
  await fault.revert(order, never);
});

test('one that is over there is told as a lease that ran out', async () => {
  const { order, fault, leases, child } = await paused();
  child.kill('SIGCONT');
  expect(await renewed(leases, order)).toEqual([containing(order.key)]);
  await fault.revert(order, never);
});

test('one that cannot be asked makes the renewal fail, so that it is tried again', async () => {
  const { order, fault, leases } = await paused();
  world.cluster.runsPrograms = false;
  await expect(renewed(leases, order)).rejects.toThrow();
  world.cluster.runsPrograms = true;
  await fault.revert(order, never);
});

test('nobody reads the leases of other places: every run of a site renews, three times in a lease', async () => {
  const { order, fault, leases } = await paused();
  const asked = jest.spyOn(leases, 'list');
  expect(await renewed(leases, order)).toEqual([]);
  expect(asked.mock.calls.map(([place]) => place)).toEqual([expect.objectContaining({ workflowId: order.workflowId, wave: order.wave })]);
  await fault.revert(order, never);
});

test('leases of another place, and faults without a lease of their own, are the site’s alone', async () => {
  const { order, fault, leases } = await paused();
  world.cluster.runsPrograms = false;
  expect(await renewed(leases, { ...order, iteration: 7 })).toEqual([]);
  await leases.release(order.key);
  const scaled = world.prepared({ kind: 'scale-down', to: 1 });
  await leases.arm(scaled.order);
  expect(await renewed(leases, scaled.order)).toEqual([]);
  world.cluster.runsPrograms = true;
  await fault.revert(order, never);
});
