import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessNeedsOf } from '../../src/activities/access-rules.ts';
import { BreakwaterClient } from '../../src/client.ts';
import type { RunResult } from '../../src/domain/run.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import { query } from '../../src/sandbox/servers/postgres.ts';
import { kubeconfigAllowed } from '../support/allowed.ts';
import { databaseUrl, temporalAddress } from '../support/addresses.ts';
import { apiServer, describeWithCluster, freshDir } from '../support/cluster.ts';
import { openPayments, type PaymentsPods, type WorkersSetting } from '../support/payments-pods.ts';
import { WorkerProcess } from '../crash/harness/worker.ts';

/** The reference experiment, on pods: minutes are seconds here, limits are those of a small machine. */
function referenceOn({ namespace, gateway }: PaymentsPods, name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const metric = (what: string, rest: Record<string, unknown>) => ({
    provider: { kind: 'openmetrics', url: `${gateway}/metrics`, metric: what, ...rest },
    every: '250ms',
  });
  const pods = (selector: string) => ({ kind: 'pod', namespace, selector });
  return {
    apiVersion: 'breakwater.dev/v1',
    kind: 'Experiment',
    metadata: { name, owner: 'payments-sre', service: namespace, environment: namespace },
    hypothesis: 'killing payment workers keeps payment errors ≤ 0.1 % and the queue heals by itself',
    probes: {
      'payment-errors': metric('payments_requests_total', {
        labels: { outcome: 'error' },
        read: { ratioOf: { metric: 'payments_requests_total' } },
        window: '3s',
      }),
      'queue-depth': metric('payments_queue_depth', { read: 'value' }),
      'workers-ready': {
        provider: { kind: 'kubernetes-pods', namespace, selector: 'app=payment-worker', metric: 'ready' },
        every: '500ms',
      },
    },
    steadyState: [
      { probe: 'payment-errors', tolerance: { atMost: '0.1%' }, throughout: true },
      { probe: 'queue-depth', tolerance: { atMost: 20 } },
    ],
    preconditions: [{ probe: 'workers-ready', tolerance: { atLeast: 4 } }],
    stopConditions: [
      { probe: 'payment-errors', above: '0.1%', for: '3s' },
      { probe: 'queue-depth', aboveBaseline: '40%', minDelta: 25, for: '500ms' },
    ],
    targets: pods('app=payment-worker'),
    fault: { kind: 'container-process-kill', process: { argv: ['/app/dist/sandbox/payments/worker.js'] } },
    selection: { count: 1 },
    blastRadius: { maxVictims: 2, maxConcurrent: 2, survivorsAtLeast: 2, coolDown: '1s' },
    timing: { baseline: '2s', hold: '6s', recoverWithin: '60s', stableFor: '1s' },
    guard: { maxBlind: '15s' },
    waves: [
      { name: 'dry-run', dryRun: true, targets: pods('payment-worker=canary') },
      { name: 'single', targets: pods('payment-worker=standard') },
      { name: 'canary', targets: pods('payment-worker=canary') },
      { name: 'stress', selection: { count: 2 } },
    ],
    runbooks: {
      'scale-workers': {
        steps: [
          {
            remedy: { kind: 'kubernetes-scale', namespace, name: 'payment-worker', by: 3 },
            verify: { probe: 'workers-ready', tolerance: { atLeast: 5 }, within: '60s' },
          },
        ],
      },
    },
    rollbacks: ['scale-workers'],
    ...more,
  };
}

describeWithCluster('the reference experiment on a real cluster, by a worker that may do only what it needs', () => {
  let payments: PaymentsPods | undefined;
  let worker: WorkerProcess | undefined;
  let client: BreakwaterClient | undefined;
  afterEach(async () => {
    await worker?.stop();
    await client?.close();
    await payments?.close();
    [worker, client, payments] = [undefined, undefined, undefined];
  }, 90_000);

  /** Plays the experiment on a payments system of its own. `meanwhile` sees the run while it lives. */
  async function play(
    setting: WorkersSetting,
    perSecond: number,
    name: string,
    more: (pods: PaymentsPods) => Record<string, unknown> = () => ({}),
    meanwhile: (id: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<RunResult> {
    payments = await openPayments(setting);
    await payments.sendPayments(perSecond);
    const document = referenceOn(payments, name, more(payments));
    const rules = accessNeedsOf(parseDocument(document)).map(({ verb, ...rest }) => ({ ...rest, verbs: [verb] }));
    const taskQueue = `reference-${randomUUID().slice(0, 8)}`;
    const env = { BREAKWATER_KUBECONFIG: await kubeconfigAllowed(payments.namespace, rules) };
    const place = { dir: await freshDir(taskQueue), taskQueue, temporalAddress: temporalAddress(), databaseUrl: databaseUrl(), env };
    worker = await WorkerProcess.start(place, 'worker');
    client = await BreakwaterClient.connect({ connection: { address: temporalAddress() }, taskQueue });
    const { workflowId } = await client.startExperiment({ document, requestedBy: 'ann', seed: 7 });
    await meanwhile(workflowId);
    return (await client.waitForVerdict(workflowId, 240_000))!;
  }

  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const untilMs = Date.now() + 120_000;
    while (!(await isSo())) {
      if (Date.now() > untilMs) throw new Error(`in two minutes it was not so: ${what}`);
      await sleep(100);
    }
  }

  const restarts = async (): Promise<number[]> =>
    (
      await payments!.here(
        'get',
        'pods',
        '--selector=app=payment-worker',
        '--output=jsonpath={.items[*].status.containerStatuses[0].restartCount}',
      )
    )
      .split(' ')
      .map(Number);

  test('a healthy system: four waves, four workers killed by exec, each restarted by the kubelet; passed', async () => {
    const result = await play({ standard: 3, canary: 1 }, 15, 'payment-worker');
    expect(result).toMatchObject({ verdict: 'passed', rule: 'held', leftovers: [] });
    expect((await restarts()).reduce((sum, count) => sum + count, 0)).toBe(4);
    const { rows } = await query(databaseUrl(), 'SELECT kind FROM breakwater.events WHERE workflow_id = $1', [result.workflowId]);
    expect(rows.filter(({ kind }) => kind === 'injected')).toHaveLength(4);
  }, 400_000);

  test('a weakness, slow restarts: stopped by itself, rolled back, scaled up, recovery proven', async () => {
    const setting = { standard: 3, canary: 1, workMs: 200, restartDelaySeconds: 45 };
    const result = await play(setting, 15, 'payment-worker-weak', () => ({
      timing: { baseline: '2s', hold: '30s', recoverWithin: '90s', stableFor: '1s' },
      waves: [
        { name: 'dry-run', dryRun: true },
        { name: 'stress', selection: { count: 2 } },
      ],
    }));
    expect(result).toMatchObject({ verdict: 'aborted', rule: 'stop-condition', leftovers: [] });
    expect(Number(await payments!.here('get', 'deployment', 'payment-worker', '--output=jsonpath={.spec.replicas}'))).toBe(6);
    expect(await restarts()).toHaveLength(7);
  }, 400_000);

  test('the API server goes away while a worker is paused: the run is stopped as blind, does not pass, and leaves nobody behind', async () => {
    const paused = (pods: PaymentsPods) => ({
      fault: { kind: 'container-process-pause', process: { argv: ['/app/dist/sandbox/payments/worker.js'] } },
      stopConditions: [{ probe: 'workers-ready', below: 1 }],
      guard: { maxBlind: '4s', lease: '60s' },
      rollbacks: [],
      timing: { baseline: '2s', hold: '60s', recoverWithin: '60s', stableFor: '1s' },
      waves: [
        { name: 'dry-run', dryRun: true },
        { name: 'canary', targets: { kind: 'pod', namespace: pods.namespace, selector: 'payment-worker=canary' } },
      ],
    });
    const outage = async (id: string): Promise<void> => {
      await until('somebody is held', async () => {
        const { phase, victims } = await client!.status(id);
        return phase === 'holding' && victims.length > 0;
      });
      await apiServer('stop');
      await sleep(8_000);
      await apiServer('start');
    };
    const result = await play({ standard: 3, canary: 1 }, 10, 'payment-worker-outage', paused, outage);
    expect(result).toMatchObject({ verdict: 'aborted', rule: 'guard-blind', leftovers: [] });
    expect(await restarts()).toEqual([0, 0, 0, 0]);
    const pod = await payments!.here('get', 'pods', '--selector=payment-worker=canary', '--output=jsonpath={.items[0].metadata.name}');
    expect(await payments!.here('exec', pod, '--', 'sh', '-c', 'cat /proc/[0-9]*/stat')).not.toMatch(/\(node\) T /);
  }, 400_000);

  test('the worker dies while the canary is hit: nobody else is killed, and the run ends truthfully', async () => {
    const waves = (pods: PaymentsPods) => ({
      waves: [
        { name: 'dry-run', dryRun: true },
        { name: 'canary', targets: { kind: 'pod', namespace: pods.namespace, selector: 'payment-worker=canary' } },
      ],
    });
    const crash = async (): Promise<void> => {
      await until('somebody is hit', async () => Math.max(...(await restarts())) > 0);
      worker!.kill();
      worker = await WorkerProcess.start(worker!.place, 'worker-2');
    };
    const result = await play({ standard: 3, canary: 1 }, 10, 'payment-worker-crash', waves, crash);
    expect(result).toMatchObject({ leftovers: [] });
    expect(['passed', 'aborted']).toContain(result.verdict);
    expect((await restarts()).sort()).toEqual([0, 0, 0, 1]);
  }, 400_000);
});
