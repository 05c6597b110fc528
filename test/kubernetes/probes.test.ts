import { setTimeout as sleep } from 'node:timers/promises';
import type { Spec } from '../../src/domain/order.ts';
import { openProbe, providers } from '../../src/probes/index.ts';
import type { ProbePorts } from '../../src/probes/ports.ts';
import type { OpenProbe } from '../../src/probes/define.ts';
import type { Measurement } from '../../src/domain/sample.ts';
import { portAllowed } from '../support/allowed.ts';
import { apply, describeWithCluster, freshNamespace, kubectl } from '../support/cluster.ts';
import { deployment, disruptionBudget, pod } from '../support/manifests.ts';

const forever = new AbortController().signal;
const told = (measurement: Measurement) =>
  measurement.kind === 'value' ? measurement.value : `${measurement.kind}: ${measurement.reason}`;

describeWithCluster('probes, each with the Role of its own access', () => {
  let namespace: string;
  beforeAll(async () => {
    namespace = await freshNamespace('probes');
    await apply(deployment(namespace, 'web', 2));
    await inNamespace('rollout', 'status', 'deployment/web', '--timeout=50s');
  }, 90_000);
  afterAll(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

  const inNamespace = (...args: string[]) => kubectl('--namespace', namespace, ...args);

  /** A probe whose account may do no more than its provider says it needs. */
  async function open(spec: Spec): Promise<OpenProbe> {
    const provider = providers[spec.kind as keyof typeof providers];
    const kubernetes = await portAllowed(namespace, provider.access(spec));
    return openProbe(spec, { kubernetes } as ProbePorts);
  }
  const once = async (spec: Spec) => told(await (await open(spec)).measure(forever));

  /** Asks until it says what is awaited, 40 times at most. @returns what it said last */
  async function until(probe: OpenProbe, isAwaited: (value: number | string) => boolean): Promise<number | string> {
    for (let i = 1; ; i++) {
      const value = told(await probe.measure(forever));
      if (isAwaited(value) || i === 40) return value;
      await sleep(500);
    }
  }

  test('kubernetes-workload', async () => {
    const spec = { kind: 'kubernetes-workload', namespace, name: 'web' };
    const metrics = ['ready', 'available', 'unavailable', 'desired', 'updated', 'ready-ratio'];
    expect(await Promise.all(metrics.map((metric) => once({ ...spec, metric })))).toEqual([2, 2, 0, 2, 2, 1]);
    expect(await once({ ...spec, name: 'wbe', metric: 'ready' })).toBe(`no-data: there is no Deployment ${namespace}/wbe`);
  }, 60_000);

  test('kubernetes-pods: a killed process is a restart; a deleted pod takes its count away, not what was counted', async () => {
    const spec = { kind: 'kubernetes-pods', namespace, selector: 'app=web' };
    const [ready, restarts, increase] = [
      await open({ ...spec, metric: 'ready' }),
      await open({ ...spec, metric: 'restarts' }),
      await open({ ...spec, metric: 'restarts-increase' }),
    ];
    const all = async () => [
      told(await ready.measure(forever)),
      told(await restarts.measure(forever)),
      told(await increase.measure(forever)),
    ];
    expect(await all()).toEqual([2, 0, 'no-data: first reading; the next one gives a value']);
    expect(await all()).toEqual([2, 0, 0]);
    const [first] = (await inNamespace('get', 'pods', '-l', 'app=web', '-o', 'name')).split('\n');
    await inNamespace('exec', first ?? '', '--', 'pkill', 'sleep');
    expect(await until(increase, (value) => value === 1)).toBe(1);
    expect(await until(restarts, (value) => value === 1)).toBe(1);
    await inNamespace('delete', first ?? '', '--wait=true');
    expect(await until(ready, (value) => value === 2)).toBe(2);
    expect(await all()).toEqual([2, 0, 1]);
  }, 90_000);

  test('kubernetes-pods: a container that took too much memory', async () => {
    const kills = await open({ kind: 'kubernetes-pods', namespace, selector: 'app=greedy', metric: 'oom-kills' });
    expect(told(await kills.measure(forever))).toBe(`no-data: no pod of namespace ${namespace} matches app=greedy`);
    const greedy = pod(namespace, 'greedy', { command: ['sh', '-c', 'sleep 3; tail /dev/zero'] }, { app: 'greedy' }) as {
      spec: { containers: { resources: object }[] };
    };
    for (const container of greedy.spec.containers) container.resources = { limits: { cpu: '100m', memory: '16Mi' } };
    await apply(greedy);
    expect(await until(kills, (value) => typeof value === 'number' && value >= 1)).toBeGreaterThanOrEqual(1);
    await inNamespace('delete', 'pod', 'greedy', '--wait=false');
  }, 90_000);

  test('kubernetes-events: warnings since the last reading', async () => {
    const spec = { kind: 'kubernetes-events', namespace };
    const failed = await open({ ...spec, object: { kind: 'Pod', name: 'imageless' }, reasons: ['Failed', 'ErrImageNeverPull'] });
    const elsewhere = await open({ ...spec, object: { kind: 'Pod', name: 'another' } });
    for (const probe of [failed, elsewhere]) expect(told(await probe.measure(forever))).toMatch(/^no-data: first reading/);
    expect(told(await failed.measure(forever))).toBe(0);
    await apply(pod(namespace, 'imageless', { image: 'localhost/no-such:1' }));
    expect(await until(failed, (value) => typeof value === 'number' && value >= 1)).toBeGreaterThanOrEqual(1);
    expect(told(await elsewhere.measure(forever))).toBe(0);
  }, 60_000);

  test('kubernetes-disruption-budget', async () => {
    const spec = { kind: 'kubernetes-disruption-budget', namespace, name: 'web' };
    await apply(disruptionBudget(namespace, 'web', 1));
    const allowed = await open({ ...spec, metric: 'disruptions-allowed' });
    expect(await until(allowed, (value) => value === 1)).toBe(1);
    expect([await once({ ...spec, metric: 'current-healthy' }), await once({ ...spec, metric: 'desired-healthy' })]).toEqual([2, 1]);
    await apply(disruptionBudget(namespace, 'web', 2));
    expect(await until(allowed, (value) => value === 0)).toBe(0);
  }, 60_000);

  test('kubernetes-autoscaler: what it wants is unknown without metrics', async () => {
    const spec = { kind: 'kubernetes-autoscaler', namespace, name: 'web' };
    await inNamespace('autoscale', 'deployment', 'web', '--min=2', '--max=4', '--cpu-percent=50');
    expect(await until(await open({ ...spec, metric: 'able-to-scale' }), (value) => value === 1)).toBe(1);
    expect(await once({ ...spec, metric: 'current' })).toBe(2);
    expect(await once({ ...spec, metric: 'at-max' })).toMatch(/^no-data: it does not compute what it wants: FailedGetResourceMetric/);
    await inNamespace('delete', 'horizontalpodautoscaler', 'web');
  }, 90_000);

  test('kubernetes-node: by the kubelet when it is asked for, because there is no metrics server', async () => {
    const node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    const spec = { kind: 'kubernetes-node', node };
    for (const metric of ['cpu', 'memory', 'disk']) {
      const reading = await (await open({ ...spec, metric, source: 'kubelet' })).measure(forever);
      expect(reading).toMatchObject({ kind: 'value', usualAgeMs: 90_000 });
      expect(reading.kind === 'value' && reading.value > 0 && reading.value < 1.5).toBe(true);
      expect(Math.abs(Date.now() - (reading.sourceAtMs ?? 0))).toBeLessThan(90_000);
    }
    expect(await once({ ...spec, metric: 'cpu' })).toBe(`no-data: metrics.k8s.io does not tell the cpu of node ${node}`);
    const conditions = ['memory-pressure', 'disk-pressure', 'pid-pressure', 'not-ready'];
    const label = 'kubernetes.io/os=linux';
    expect(await Promise.all(conditions.map((metric) => once({ kind: 'kubernetes-node', selector: label, metric })))).toEqual([0, 0, 0, 0]);
  }, 60_000);

  test('without the verb the reading is an error that names it', async () => {
    const kubernetes = await portAllowed(namespace, []);
    const probe = openProbe({ kind: 'kubernetes-workload', namespace, name: 'web', metric: 'ready' }, { kubernetes } as ProbePorts);
    await expect(probe.measure(forever)).rejects.toThrow(/cannot get resource "deployments"/);
  }, 60_000);
});
