import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { openPool, dropStorage } from '../../src/sandbox/payments/storage.ts';
import { apply, databaseUrl, describeWithCluster, freshNamespace, killInPod, kubectl } from '../support/cluster.ts';
import { deployment, service } from '../support/manifests.ts';
import { loadPaymentsImage, openDoor, PAYMENTS_IMAGE, type Door } from '../support/payments-image.ts';

const PORT = 8080;
const SCHEMA = `payments_${randomUUID().slice(0, 8)}`;
const programs = '/app/dist/sandbox/payments';

describeWithCluster('the payments system runs in pods', () => {
  let namespace = '';
  let door: Door | undefined;
  let gateway = '';
  const here = (...args: string[]) => kubectl('--namespace', namespace, ...args);

  beforeAll(async () => {
    await loadPaymentsImage();
    namespace = await freshNamespace('payments');
    door = await openDoor(Number(new URL(databaseUrl()).port));
    const url = new URL(databaseUrl());
    url.host = `${door.host}:${door.port}`;
    const env = { PAYMENTS_DATABASE_URL: url.href, PAYMENTS_SCHEMA: SCHEMA, PAYMENTS_HOST: '0.0.0.0', PAYMENTS_PORT: `${PORT}` };
    const image = PAYMENTS_IMAGE;
    await apply(
      deployment(namespace, 'gateway', 1, { image, env, command: ['node', `${programs}/gateway.js`], healthPort: PORT }),
      service(namespace, 'gateway', PORT),
    );
    await here('rollout', 'status', 'deployment/gateway', '--timeout=50s'); // it makes the queue that workers expect
    const command = ['sh', '-c', `node ${programs}/worker.js --name=$HOSTNAME & wait $!; exit 1`];
    await apply(deployment(namespace, 'worker', 2, { image, env, command }));
    await here('rollout', 'status', 'deployment/worker', '--timeout=50s');
    gateway = `http://${await here('get', 'service', 'gateway', '--output=jsonpath={.spec.clusterIP}')}:${PORT}`;
  }, 240_000);

  afterAll(async () => {
    await kubectl('delete', 'namespace', namespace, '--timeout=50s');
    door?.close();
    const pool = openPool(databaseUrl(), 1);
    await dropStorage(pool, SCHEMA);
    await pool.end();
  }, 60_000);

  /** Sends one payment and asks until it ended. @returns its status, at last */
  async function pay(): Promise<string> {
    const id = randomUUID();
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const answer = await axios.post<{ status: string }>(
        `${gateway}/payments`,
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
    const worker = await here('get', 'pods', '--selector=app=worker', '--output=jsonpath={.items[0].metadata.name}');
    await killInPod(namespace, worker, 'node');
    await here('wait', `pod/${worker}`, '--for=jsonpath={.status.containerStatuses[0].restartCount}=1', '--timeout=30s');
    await here('wait', `pod/${worker}`, '--for=condition=Ready', '--timeout=30s');
    expect(await Promise.all(Array.from({ length: 10 }, pay))).toEqual(Array(10).fill('completed'));
  }, 90_000);
});
