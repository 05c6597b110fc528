import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ActivityCancelledError, ActivityNotFoundError, type Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createFaultActivities } from '../../src/activities/faults.ts';
import { LeaseKeeper } from '../../src/activities/lease-keeper.ts';
import { createProcesses, openSurvivors } from '../../src/adapters/process/index.ts';
import type { Breach } from '../../src/domain/stop-conditions.ts';
import type { LeasePort } from '../../src/faults/ports.ts';
import { compileReaper, LeasedSite, until } from '../adapters/leases/harness/site.ts';
import { containing, endAll, stateOf } from '../adapters/process/harness/children.ts';
import { kubernetes } from '../support/no-cluster.ts';

const LEASE_MS = 900;
/** These targets say nothing of readiness. */
const neverAsked = { statusOf: () => Promise.reject(new Error('nobody asks')) };
const place = { workflowId: 'run', wave: 'wave', iteration: 0 };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Keeps leases for a while inside an activity, with a Temporal that answers heartbeats as told. */
async function keepFor(ms: number, answer: () => Promise<void>, change: Partial<LeasePort> = {}) {
  const asked = { heartbeats: [] as unknown[][], renewals: 0 };
  const leases = {
    prepare: () => undefined,
    renew: () => Promise.resolve((asked.renewals++, [])),
    ranOut: () => Promise.resolve([]),
    ...change,
  };
  const heartbeat = (...sent: unknown[]): Promise<void> => {
    asked.heartbeats.push(sent);
    return answer();
  };
  const client: Partial<Record<keyof Client, unknown>> = {
    activity: { heartbeat },
    withDeadline: (_: number, call: () => unknown) => call(),
    withAbortSignal: (_: unknown, call: () => unknown) => call(),
  };
  const env = new MockActivityEnvironment({}, { client: client as unknown as Client });
  const breaches = await env.run<[], (Breach | undefined)[], () => Promise<(Breach | undefined)[]>>(async () => {
    const keeper = new LeaseKeeper(leases as unknown as LeasePort, place, LEASE_MS, () => 'checkpoint');
    keeper.start();
    await sleep(ms);
    const during = keeper.breach();
    return [during, await keeper.lastLook()];
  });
  return { asked, breaches };
}

describe('the guard keeps the leases of its place', () => {
  test('each renewal is confirmed by Temporal first, three in the time of a lease', async () => {
    const { asked, breaches } = await keepFor(1_900, () => Promise.resolve());
    expect(asked.renewals).toBeGreaterThanOrEqual(3);
    expect(asked.renewals).toBeLessThanOrEqual(6);
    expect(asked.heartbeats.every(([token, details]) => token instanceof Uint8Array && details === 'checkpoint')).toBe(true);
    expect(breaches).toEqual([undefined, undefined]);
  });

  test.each([
    ['the run was terminated, or another attempt owns the activity', () => Promise.reject(new ActivityNotFoundError('Not found'))],
    ['the activity was cancelled', () => Promise.reject(new ActivityCancelledError('cancelled'))],
    ['Temporal cannot be reached', () => Promise.reject(new Error('14 UNAVAILABLE'))],
    ['Temporal answers too late', () => sleep(400) as Promise<void>],
    ['Temporal never answers', () => new Promise<void>(() => undefined)],
  ])('%s: nothing is renewed, and the guard ends', async (_why, answer) => {
    const { asked, breaches } = await keepFor(LEASE_MS + 400, answer);
    expect(asked.renewals).toBe(0);
    expect(breaches[0]).toMatchObject({ blind: true, rule: containing('no lease could be renewed for') });
  });

  test('a lease that ran out is the end of the guard, also when it is noticed only at the end of the hold', async () => {
    const during = await keepFor(500, () => Promise.resolve(), { renew: () => Promise.resolve(['run/wave/0/x']) });
    expect(during.breaches[0]).toMatchObject({ blind: true, rule: containing('the fault was undone at its target: run/wave/0/x') });
    const late = await keepFor(100, () => Promise.resolve(), { ranOut: () => Promise.resolve(['run/wave/0/x']) });
    expect(late.breaches).toMatchObject([undefined, { blind: true, rule: containing('the lease ran out') }]);
  });

  test('leases that cannot be renewed for want of a reaper end it too', async () => {
    const { breaches } = await keepFor(LEASE_MS + 400, () => Promise.resolve(), { renew: () => Promise.reject(new Error('no reaper')) });
    expect(breaches[0]).toMatchObject({ blind: true, rule: containing('no reaper') });
  });
});

describe('the order and its lease', () => {
  const { folder, entry } = compileReaper();
  let site: LeasedSite;
  afterEach(async () => {
    await site.end();
    await endAll();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const activities = () => {
    const processes = createProcesses();
    const survivors = openSurvivors(join(site.stateDir, 'survivors'));
    return createFaultActivities(site.ports, {
      site: 'here',
      targets: { processes, readiness: neverAsked, kubernetes },
      survivors,
      leases: site.leases,
    });
  };
  const run = <A, R>(activity: (input: A) => Promise<R>, input: A): Promise<R> => new MockActivityEnvironment().run(activity, input);

  test('a pause is leased before it is injected, and its undo ends the lease', async () => {
    site = new LeasedSite(folder, entry);
    const { child, order } = await site.pause(60_000);
    expect(await run(activities().injectFault, order)).toMatchObject({ outcome: 'injected', effect: { proven: true } });
    expect(await site.leases.list()).toMatchObject([{ order: { key: order.key } }]);
    expect(await run(activities().revertFault, order)).toMatchObject({ undone: true });
    expect(await site.leases.list()).toEqual([]);
    expect(stateOf(child.pid)).toMatch(/[RS]/);
  });

  test('a kill needs none', async () => {
    site = new LeasedSite(folder, `${entry}.missing`);
    const { order } = await site.pause(60_000);
    const kill = { ...order, fault: { kind: 'process-kill' } };
    expect(await run(activities().injectFault, kill)).toMatchObject({ outcome: 'injected' });
  });

  test('without a reaper nothing is injected, and the reason is said', async () => {
    site = new LeasedSite(folder, `${entry}.missing`);
    const { child, order } = await site.pause(60_000);
    expect(await run(activities().injectFault, order)).toMatchObject({
      outcome: 'skipped',
      reason: containing('nothing was done, because no lease could be had: the reaper ended with exit code 1'),
      effect: { proven: false },
    });
    expect(stateOf(child.pid)).toMatch(/[RS]/);
    expect(await run(activities().revertFault, order)).toMatchObject({ undone: true });
  });

  test('without a reaper, an order whose earlier attempt may have acted is not called skipped', async () => {
    site = new LeasedSite(folder, `${entry}.missing`);
    const { child, order } = await site.pause(60_000);
    await site.inject(order);
    await until('the stop', () => stateOf(child.pid) === 'T');
    await expect(run(activities().injectFault, order)).rejects.toMatchObject({ type: 'NoLease', nonRetryable: false });
    expect(await run(activities().revertFault, order)).toMatchObject({ undone: true });
    expect(stateOf(child.pid)).toMatch(/[RS]/);
  });
});
