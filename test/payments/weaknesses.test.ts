import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWithDatabase } from '../support/servers.ts';
import { startSubject, until, type Subject } from './system-under-test.ts';

describeWithDatabase('what becomes of payments in the hands of a killed worker', () => {
  let system: Subject;
  beforeAll(async () => {
    system = await startSubject({ workers: 2, ratePerSecond: 0, workMs: 600, visibilityTimeoutMs: 1_500, deadlineMs: 4_000 });
  });
  afterAll(() => system?.stop());
  beforeEach(async () => {
    await system.weaken({ lostMessageOnCrash: false, poisonRetries: false });
    await until(
      'both run',
      () => system.metric('supervisor', 'supervisor_workers_running'),
      (running) => running === 2,
    );
  });

  /** Sends two payments, waits until both are in work, and kills both workers. */
  const killInFlight = async () => {
    const ids = [randomUUID(), randomUUID()];
    const sent = Promise.all(ids.map((id) => system.pay({ id })));
    await until(
      'both in work',
      () => Promise.all(ids.map((id) => statusOf(id))),
      (all) => all.every((status) => status !== 'queued' && status !== 'unknown'),
    );
    for (const { pid } of await system.workers()) process.kill(pid!, 'SIGKILL');
    await sent;
    return ids;
  };
  const statusOf = async (id: string) => ((await (await fetch(`${system.gatewayUrl}/payments/${id}`)).json()) as { status: string }).status;
  const count = (outcome: string) => system.metric('gateway', 'payments_requests_total', { outcome });

  test('they are delivered again and completed exactly once, in time', async () => {
    const ids = await killInFlight();
    await until(
      'both completed',
      () => Promise.all(ids.map(statusOf)),
      (all) => all.every((status) => status === 'completed'),
      5_000,
    );
    const rows = await system.rows();
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(rows.every(({ attempt }) => attempt >= 2)).toBe(true);
    expect(await count('ok')).toBe(2);
    expect(await count('error')).toBe(0);
    expect(await system.metric('gateway', 'payments_completed_total')).toBe(2);
  });

  test('a payment posted again under its id is not charged again', async () => {
    const id = randomUUID();
    const [first, second] = await Promise.all([system.pay({ id }), system.pay({ id })]);
    expect([first, second]).toEqual([
      { status: 200, body: { id, status: 'completed' } },
      { status: 200, body: { id, status: 'completed' } },
    ]);
    expect(await system.pay({ id })).toEqual({ status: 200, body: { id, status: 'completed' } });
    expect((await system.rows()).filter((row) => row.id === id)).toHaveLength(1);
    expect(await count('ok')).toBe(3);
  });

  test('with lostMessageOnCrash they are really lost, and count as errors', async () => {
    await system.weaken({ lostMessageOnCrash: true });
    const ids = await killInFlight();
    await until(
      'two errors',
      () => count('error'),
      (errors) => errors === 2,
    );
    expect(await Promise.all(ids.map(statusOf))).toEqual(['lost', 'lost']);
    expect(await count('ok')).toBe(3);
  });

  test('a payment that nobody can book is rejected; with poisonRetries it goes round for ever until that is mended', async () => {
    expect((await system.pay({ currency: 'XXX' })).status).toBe(422);
    await system.weaken({ poisonRetries: true });
    const { body } = await system.pay({ currency: 'XXX' });
    await sleep(2_000);
    expect(['queued', 'processing']).toContain(await statusOf(body['id'] as string));
    await system.weaken({ poisonRetries: false });
    await until(
      'rejected',
      () => statusOf(body['id'] as string),
      (status) => status === 'rejected',
    );
    expect((await system.rows()).find(({ id }) => id === body['id'])!.attempt).toBeGreaterThan(2);
  });

  test('what is not a payment is refused with the reason', async () => {
    const { status, body } = await system.pay({ amountCents: -1 });
    expect(status).toBe(400);
    expect(body['error']).toContain('amountCents');
    expect((await fetch(`${system.gatewayUrl}/payments/${randomUUID()}`)).status).toBe(404);
    expect((await fetch(`${system.gatewayUrl}/payments/7`)).status).toBe(400);
  });

  test('a weakness that there is not is refused', async () => {
    const { status, body } = await system.post('/weaknesses', { slowRestart: '8', lossy: true });
    expect(status).toBe(400);
    expect(body['error']).toContain('such as 8s');
    expect(body['error']).toContain('lossy');
  });
});

describeWithDatabase('slowRestart', () => {
  test('lets the queue build up when most workers are killed; more workers heal it', async () => {
    const system = await startSubject({ workers: 4, ratePerSecond: 40, weaknesses: { slowRestart: '60s' } });
    try {
      const depth = () => system.metric('gateway', 'payments_queue_depth').then((value) => value ?? NaN);
      await sleep(1_000);
      for (const { pid } of (await system.workers()).slice(1)) process.kill(pid!, 'SIGKILL');
      await until('the queue builds up', depth, (waiting) => waiting > 40);
      expect((await system.workers()).map(({ state }) => state)).toEqual(['running', 'waiting', 'waiting', 'waiting']);
      await system.post('/scale', { workers: 8 });
      await until('the queue is empty again', depth, (waiting) => waiting <= 4);
      await system.weaken({ slowRestart: '0s' });
      await until(
        'all restarted',
        () => system.metric('supervisor', 'supervisor_workers_running'),
        (running) => running === 8,
      );
    } finally {
      await system.stop();
    }
  });
});
