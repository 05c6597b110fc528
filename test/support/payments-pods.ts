import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openPool, dropStorage } from '../../src/sandbox/payments/storage.ts';
import { currentBuild } from './build.ts';
import { apply, databaseUrl, freshNamespace, kubectl } from './cluster.ts';
import { deployment, service } from './manifests.ts';
import { openDoor } from './door.ts';
import { loadPaymentsImage, PAYMENTS_IMAGE } from './payments-image.ts';

const PORT = 8080;
const PROGRAMS = '/app/dist/sandbox/payments';

/** How the workers are. */
export interface WorkersSetting {
  /** Replicas of the two Deployments, `payment-worker` and `payment-worker-canary`. */
  standard: number;
  canary: number;
  /** How long one payment takes, milliseconds. */
  workMs?: number;
  /** How long a container that starts once more waits before it works, seconds: a weakness. */
  restartDelaySeconds?: number;
}

/** The payments system in pods of a namespace of its own that has opted in. */
export interface PaymentsPods {
  namespace: string;
  /** Address of the gateway, reached from pods and from this machine. */
  gateway: string;
  /** kubectl in its namespace. */
  here(...args: string[]): Promise<string>;
  /** Sends payments from this machine until the system is closed. */
  sendPayments(perSecond: number): Promise<void>;
  close(): Promise<void>;
}

/** Pods by label `payment-worker=canary` or `=standard`; all have `app=payment-worker`. A container that has worked before waits first, if that is wanted. */
function workers(
  namespace: string,
  role: 'standard' | 'canary',
  replicas: number,
  delaySeconds: number,
  env: Record<string, string>,
): object {
  const name = role === 'canary' ? 'payment-worker-canary' : 'payment-worker';
  const labels = { app: 'payment-worker', 'payment-worker': role };
  // the volume outlives the container, so a file in it tells that it is not the first; ready once a worker runs
  const script = `[ ! -e /kept/started ] || sleep ${delaySeconds}; touch /kept/started; node ${PROGRAMS}/worker.js --name=$HOSTNAME & wait $!; exit 1`;
  const plain = deployment(namespace, name, replicas, { image: PAYMENTS_IMAGE, env, command: ['sh', '-c', script] }) as {
    spec: { template: { spec: { containers: object[] } } };
  };
  const { template } = plain.spec;
  const [container] = template.spec.containers;
  const kept = {
    volumes: [{ name: 'kept', emptyDir: {} }],
    containers: [
      {
        ...container,
        volumeMounts: [{ name: 'kept', mountPath: '/kept' }],
        readinessProbe: { exec: { command: ['pgrep', '-x', 'node'] }, periodSeconds: 1 },
      },
    ],
  };
  return {
    ...plain,
    spec: {
      ...plain.spec,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { labels }, spec: { ...template.spec, ...kept } },
    },
  };
}

/** Brings the payments system up: a gateway, and workers on the database of the tests. */
export async function openPayments({ standard, canary, workMs = 40, restartDelaySeconds = 0 }: WorkersSetting): Promise<PaymentsPods> {
  await loadPaymentsImage();
  const schema = `payments_${randomUUID().slice(0, 8)}`;
  const namespace = await freshNamespace('payments');
  const door = await openDoor(Number(new URL(databaseUrl()).port));
  const here = (...args: string[]) => kubectl('--namespace', namespace, ...args);
  const url = Object.assign(new URL(databaseUrl()), { host: `${door.host}:${door.port}` });
  const env = { PAYMENTS_DATABASE_URL: url.href, PAYMENTS_SCHEMA: schema, PAYMENTS_HOST: '0.0.0.0', PAYMENTS_PORT: `${PORT}` };
  await here('annotate', 'namespace', namespace, 'breakwater.dev/enabled=true');
  await apply(
    deployment(namespace, 'gateway', 1, {
      image: PAYMENTS_IMAGE,
      env,
      command: ['node', `${PROGRAMS}/gateway.js`],
      healthPort: PORT,
    }),
    service(namespace, 'gateway', PORT),
  );
  await here('rollout', 'status', 'deployment/gateway', '--timeout=50s'); // it makes the queue that workers expect
  const work = { ...env, PAYMENTS_WORK_MS: `${workMs}` };
  await apply(
    workers(namespace, 'standard', standard, restartDelaySeconds, work),
    workers(namespace, 'canary', canary, restartDelaySeconds, work),
  );
  for (const name of ['payment-worker', 'payment-worker-canary']) await here('rollout', 'status', `deployment/${name}`, '--timeout=50s');
  const gateway = `http://${await here('get', 'service', 'gateway', '--output=jsonpath={.spec.clusterIP}')}:${PORT}`;
  const generators: ReturnType<typeof spawn>[] = [];
  return {
    namespace,
    gateway,
    here,
    async sendPayments(perSecond) {
      const program = join(await currentBuild(), 'sandbox', 'payments', 'load.js');
      const settings = { PAYMENTS_GATEWAY_URL: gateway, PAYMENTS_RATE_PER_SECOND: `${perSecond}` };
      generators.push(spawn(process.execPath, [program], { stdio: 'ignore', env: { PATH: process.env['PATH'], ...settings } }));
    },
    async close() {
      for (const generator of generators) generator.kill('SIGKILL');
      await kubectl('delete', 'namespace', namespace, '--timeout=50s');
      door.close();
      const pool = openPool(databaseUrl(), 1);
      await dropStorage(pool, schema);
      await pool.end();
    },
  };
}
