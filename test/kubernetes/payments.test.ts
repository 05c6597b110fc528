import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { describeWithCluster, killInPod } from '../support/cluster.ts';
import { openPayments, type PaymentsPods } from '../support/payments-pods.ts';

describeWithCluster('the payments system runs in pods', () => {
  let payments: PaymentsPods | undefined;

  beforeAll(async () => {
    payments = await openPayments({ standard: 1, canary: 1 });
  }, 240_000);
  afterAll(() => payments?.close(), 60_000);

  /** Sends one payment and asks until it ended. @returns its status, at last */
  async function pay(): Promise<string> {
    const id = randomUUID();
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const answer = await axios.post<{ status: string }>(
        `${payments?.gateway}/payments`,
        { id, amountCents: 100 },
        { validateStatus: null, timeout: 5_000 },
      );
      if (answer.status !== 202) return answer.data.status;
      await sleep(250);
    }
    return 'not ended';
  }

  test('a payment is taken by the gateway and booked by a worker', async () => {
    expect(await pay()).toBe('completed');
  });

  test('a worker that is killed -9 in its pod is restarted, and payments go on', async () => {
    const { here, namespace } = payments!;
    const worker = await here('get', 'pods', '--selector=payment-worker=canary', '--output=jsonpath={.items[0].metadata.name}');
    await killInPod(namespace, worker, 'node');
    await here('wait', `pod/${worker}`, '--for=jsonpath={.status.containerStatuses[0].restartCount}=1', '--timeout=30s');
    await here('wait', `pod/${worker}`, '--for=condition=Ready', '--timeout=30s');
    expect(await Promise.all(Array.from({ length: 10 }, pay))).toEqual(Array(10).fill('completed'));
  }, 90_000);
});
