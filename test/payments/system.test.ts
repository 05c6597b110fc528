import { setTimeout as sleep } from 'node:timers/promises';
import { readRegistry } from '../../src/adapters/process/registry.ts';
import { describeWithDatabase } from '../support/servers.ts';
import { living, startSubject, until, type Subject } from './system-under-test.ts';

describeWithDatabase('the payments system under nominal load', () => {
  let system: Subject;
  beforeAll(async () => {
    system = await startSubject({ workers: 4, ratePerSecond: 40 });
  });
  afterAll(() => system?.stop());

  test('completes every payment in time, and tells so', async () => {
    await sleep(4_000);
    const ok = await system.metric('gateway', 'payments_requests_total', { outcome: 'ok' });
    expect(ok).toBeGreaterThan(120);
    expect(await system.metric('gateway', 'payments_requests_total', { outcome: 'error' })).toBe(0);
    expect(await system.metric('gateway', 'payments_completed_total')).toBeGreaterThanOrEqual(ok!);
    expect(await system.metric('gateway', 'payments_request_seconds_count')).toBeGreaterThanOrEqual(ok!);
    const quick = await system.metric('gateway', 'payments_request_seconds_bucket', { le: '0.5' });
    expect(quick! / (await system.metric('gateway', 'payments_request_seconds_count'))!).toBeGreaterThan(0.9);
    expect(await system.metric('gateway', 'payments_queue_depth')).toBeLessThan(20);
    expect(await system.metric('gateway', 'payments_queue_oldest_seconds')).toBeLessThan(1);
    expect(await system.metric('gateway', 'payments_replica_lag_seconds')).toBeUndefined(); // no replica is no data, not a lag of zero
  });

  test('has one canary, one more that may be lost, and the others critical; the registry says the same', async () => {
    const workers = await system.workers();
    expect(workers.map(({ role, critical, state }) => ({ role, critical, state }))).toEqual([
      { role: 'canary', critical: false, state: 'running' },
      { role: 'standard', critical: false, state: 'running' },
      { role: 'standard', critical: true, state: 'running' },
      { role: 'standard', critical: true, state: 'running' },
    ]);
    const { entries } = await readRegistry(system.registryFile);
    expect(entries.map(({ name, pid }) => ({ name, pid }))).toEqual(workers.map(({ name, pid }) => ({ name, pid })));
    expect(entries[0]?.labels).toEqual({ app: 'payment-worker', 'payment-worker': 'canary', critical: 'false' });
  });

  test('a killed worker comes back as another process, and no payment is late or lost', async () => {
    const before = await system.worker(0);
    process.kill(before.pid!, 'SIGKILL');
    const after = await until(
      'worker 0 runs again',
      () => system.worker(0),
      ({ state, pid }) => state === 'running' && pid !== before.pid,
    );
    expect(after.restarts).toBe(before.restarts + 1);
    expect(await system.metric('supervisor', 'supervisor_worker_restarts_total', { worker: 'payment-worker-0' })).toBe(after.restarts);
    expect(await system.metric('supervisor', 'supervisor_worker_restarts_total', { worker: 'payment-worker-1' })).toBe(0);
    await sleep(4_000); // longer than a redelivery takes
    expect(await system.metric('gateway', 'payments_requests_total', { outcome: 'error' })).toBe(0);
    expect(await system.metric('supervisor', 'supervisor_workers_running')).toBe(4);
  });

  test('scales to an absolute number, however often it is told', async () => {
    for (const workers of [6, 6, 3, 3, 4]) {
      expect((await system.post('/scale', { workers })).body).toEqual({ workers });
      await until(
        `${workers} run`,
        () => system.metric('supervisor', 'supervisor_workers_running'),
        (running) => running === workers,
      );
      expect(await system.metric('supervisor', 'supervisor_workers_wanted')).toBe(workers);
    }
    const two = await Promise.all([system.post('/scale', { workers: 5 }), system.post('/scale', { workers: 5 })]);
    expect(two.map(({ status }) => status)).toEqual([200, 200]);
    expect(await system.workers()).toHaveLength(5);
    expect((await system.post('/scale', { workers: -1 })).status).toBe(400);
    await system.post('/scale', { workers: 4 });
  });

  test('stop leaves no process, not even a worker that is stopped by SIGSTOP', async () => {
    const pids = await system.pids();
    expect(pids).toHaveLength(7);
    process.kill((await system.worker(3)).pid!, 'SIGSTOP');
    await system.stop();
    expect(await living(pids)).toEqual([]);
    await system.stop(); // twice is once
  });
});
