import type { Spec } from '../../src/domain/order.ts';
import { parseKubernetesQuantity } from '../../src/domain/kubernetes/quantity.ts';
import {
  AUTOSCALERS,
  DAEMON_SETS,
  DEPLOYMENTS,
  DISRUPTION_BUDGETS,
  EVENTS,
  NODES,
  PODS,
  ROLLOUTS,
} from '../../src/domain/kubernetes/resources.ts';
import { needsOf } from '../../src/domain/kubernetes/access.ts';
import { openProbe, providers, ProviderSpec } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import { memoryCluster, type MemoryCluster } from '../support/writable-cluster.ts';
import { forever, portsWith, told } from './world.ts';

const METRICS = { group: 'metrics.k8s.io', version: 'v1beta1', plural: 'nodes' };
const ports = portsWith();
afterAll(() => ports.close());

/** Opens a probe that sees the cluster; each call measures once. */
function watch(kubernetes: MemoryCluster, spec: Spec): () => Promise<number | string> {
  const probe = openProbe({ ...(spec.kind !== 'kubernetes-node' && { namespace: 'shop' }), ...spec }, { ...ports, kubernetes });
  return async () => told(await measureOnce(probe, 10_000, forever));
}
const once = (kubernetes: MemoryCluster, spec: Spec) => watch(kubernetes, spec)();

describe('kubernetes-workload', () => {
  const METRIC_NAMES = ['ready', 'available', 'unavailable', 'desired', 'updated', 'ready-ratio'];
  const all = (cluster: MemoryCluster, more: object = {}) =>
    Promise.all(METRIC_NAMES.map((metric) => once(cluster, { kind: 'kubernetes-workload', name: 'web', metric, ...more })));
  const web = (spec: object, status: object, generation = 3) => {
    const cluster = memoryCluster();
    for (const resource of [DEPLOYMENTS, DAEMON_SETS, ROLLOUTS])
      cluster.put(resource, { metadata: { name: 'web', namespace: 'shop', generation }, spec, status });
    return cluster;
  };

  test('what the controller left out is 0; what it has not looked at is no data', async () => {
    const status = { observedGeneration: 3, replicas: 4, readyReplicas: 3, availableReplicas: 2, updatedReplicas: 4 };
    expect(await all(web({ replicas: 4 }, status))).toEqual([3, 2, 2, 4, 4, 0.75]);
    expect(await all(web({ replicas: 4 }, { observedGeneration: 3 }))).toEqual([0, 0, 4, 4, 0, 0]);
    for (const told of await all(web({ replicas: 4 }, { ...status, observedGeneration: 2 })))
      expect(told).toBe('no-data: the controller of Deployment shop/web has not observed generation 3 yet (observed: 2)');
    for (const told of await all(web({ replicas: 4 }, {}))) expect(told).toMatch(/^no-data: .*\(observed: none\)$/);
    for (const told of await all(memoryCluster())) expect(told).toBe('no-data: there is no Deployment shop/web');
  });

  test('of nothing wanted there is no share', async () => {
    expect(await all(web({ replicas: 0 }, { observedGeneration: 3 }))).toEqual([
      0,
      0,
      0,
      0,
      0,
      expect.stringMatching(/^no-data: no replicas are wanted/),
    ]);
  });

  test('a DaemonSet counts nodes; an Argo Rollout writes its generation as text', async () => {
    const daemons = { observedGeneration: 3, desiredNumberScheduled: 5, numberReady: 4, numberAvailable: 4, updatedNumberScheduled: 2 };
    expect(await all(web({}, daemons), { workload: 'DaemonSet' })).toEqual([4, 4, 1, 5, 2, 0.8]);
    const rollout = { observedGeneration: '3', readyReplicas: 1, availableReplicas: 1 };
    expect(await all(web({ replicas: 2 }, rollout), { workload: 'Rollout' })).toEqual([1, 1, 1, 2, 0, 0.5]);
    expect(
      await once(web({}, { observedGeneration: 'abc' }), {
        kind: 'kubernetes-workload',
        workload: 'Rollout',
        name: 'web',
        metric: 'ready',
      }),
    ).toMatch(/^no-data/);
  });
});

describe('kubernetes-pods', () => {
  const pod = (name: string, status: object = {}, metadata: object = {}) => ({
    metadata: { name, namespace: 'shop', labels: { app: 'web' }, ...metadata },
    spec: { containers: [{ name: 'main' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...status },
  });
  const container = (restartCount: number, more: object = {}) => ({ containerStatuses: [{ name: 'main', restartCount, ...more }] });
  const spec = { kind: 'kubernetes-pods', selector: 'app=web' };
  const ask = (cluster: MemoryCluster, metrics: string[]) => Promise.all(metrics.map((metric) => once(cluster, { ...spec, metric })));
  const notReady = { conditions: [{ type: 'Ready', status: 'False' }] };

  test('counts by state; who is being deleted or finished is neither ready nor not ready', async () => {
    const cluster = memoryCluster();
    const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const some = [
      pod('a'),
      pod('b', notReady),
      pod('c', { phase: 'Pending', conditions: [] }),
      pod('d', {}, going),
      pod('e', { phase: 'Succeeded', ...notReady }),
    ];
    for (const one of some) cluster.put(PODS, one);
    expect(await ask(cluster, ['ready', 'not-ready', 'running', 'pending', 'terminating'])).toEqual([1, 2, 2, 1, 1]);
  });

  test('of nobody only what is truly 0 is 0', async () => {
    const told = await ask(memoryCluster(), [
      'ready',
      'running',
      'not-ready',
      'pending',
      'terminating',
      'restarts',
      'restarts-increase',
      'oom-kills',
    ]);
    expect(told.slice(0, 2)).toEqual([0, 0]);
    for (const one of told.slice(2)) expect(one).toBe('no-data: no pod of namespace shop matches app=web');
  });

  test('of the dead only, nobody is pending or not ready: that is no good news', async () => {
    const cluster = memoryCluster();
    cluster.put(PODS, pod('a', notReady, { deletionTimestamp: '2026-01-01T00:00:00Z' }));
    cluster.put(PODS, pod('b', { phase: 'Failed', ...notReady }));
    const none = 'no-data: every pod of namespace shop that matches app=web is finished or being deleted';
    expect(await ask(cluster, ['not-ready', 'pending', 'ready', 'running', 'terminating', 'restarts'])).toEqual([none, none, 0, 0, 1, 0]);
    cluster.put(PODS, pod('c'));
    expect(await ask(cluster, ['not-ready', 'pending'])).toEqual([0, 0]);
  });

  const FIRST = 'no-data: first reading; the next one gives a value';

  test('of pods that came after the first reading all restarts count', async () => {
    const cluster = memoryCluster();
    const increase = watch(cluster, { ...spec, metric: 'restarts-increase' });
    expect(await increase()).toBe('no-data: no pod of namespace shop matches app=web');
    cluster.put(PODS, pod('a', container(2)));
    expect(await increase()).toBe(2);
  });

  test('restarts fall with a replaced pod; their increase does not', async () => {
    const cluster = memoryCluster();
    const [restarts, increase] = ['restarts', 'restarts-increase'].map((metric) => watch(cluster, { ...spec, metric }));
    const both = async () => [await restarts?.(), await increase?.()];
    cluster.put(PODS, pod('a', container(7)));
    expect(await both()).toEqual([7, FIRST]);
    expect(await both()).toEqual([7, 0]);
    cluster.put(PODS, pod('a', container(9)));
    expect(await both()).toEqual([9, 2]);
    cluster.put(PODS, pod('a', container(1), { uid: 'the replacement' }));
    expect(await both()).toEqual([1, 3]);
    await cluster.remove({ resource: PODS, namespace: 'shop', name: 'a' }, { uid: 'the replacement' }, forever);
    expect(await both()).toEqual(['no-data: no pod of namespace shop matches app=web', 3]);
  });

  test('OOM kills since it was opened, each once', async () => {
    const cluster = memoryCluster();
    const kills = watch(cluster, { ...spec, metric: 'oom-kills' });
    const killed = (at: string) => ({ terminated: { reason: 'OOMKilled', finishedAt: at } });
    cluster.put(PODS, pod('a', container(1, { lastState: killed('t1') })));
    expect(await kills()).toBe(FIRST);
    expect(await kills()).toBe(0);
    cluster.put(PODS, pod('a', container(1, { state: killed('t2'), lastState: killed('t1') })));
    expect(await kills()).toBe(1);
    cluster.put(PODS, pod('a', container(2, { lastState: killed('t2') })));
    expect(await kills()).toBe(1);
    cluster.put(PODS, pod('a', container(3, { lastState: { terminated: { reason: 'Error', finishedAt: 't3' } } })));
    expect(await kills()).toBe(1);
  });
});

test('kubernetes-events: new ones since the last reading, repetitions too', async () => {
  const cluster = memoryCluster();
  const event = (name: string, more: object = {}) =>
    cluster.put(EVENTS, { metadata: { name, namespace: 'shop' }, reason: 'BackOff', count: 1, ...more });
  const [every, backOffs] = [undefined, ['BackOff', 'Unhealthy']].map((reasons) =>
    watch(cluster, { kind: 'kubernetes-events', ...(reasons && { reasons }) }),
  );
  const both = async () => [await every?.(), await backOffs?.()];
  event('old', { count: 40 });
  expect(await both()).toEqual(Array(2).fill('no-data: first reading; the next one gives a value'));
  expect(await both()).toEqual([0, 0]);
  event('old', { count: 42 });
  event('series', { count: undefined, series: { count: 3 } });
  event('other', { reason: 'FailedMount' });
  expect(await both()).toEqual([6, 5]);
  expect(await both()).toEqual([0, 0]);
});

test('kubernetes-disruption-budget: only of the newest generation', async () => {
  const cluster = memoryCluster();
  const ask = (metric: string) => once(cluster, { kind: 'kubernetes-disruption-budget', name: 'web', metric });
  expect(await ask('disruptions-allowed')).toBe('no-data: there is no PodDisruptionBudget shop/web');
  const status = { observedGeneration: 2, disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy: 4 };
  cluster.put(DISRUPTION_BUDGETS, { metadata: { name: 'web', namespace: 'shop', generation: 2 }, status });
  expect(await Promise.all(['disruptions-allowed', 'current-healthy', 'desired-healthy'].map(ask))).toEqual([0, 3, 4]);
  cluster.put(DISRUPTION_BUDGETS, { metadata: { name: 'web', namespace: 'shop', generation: 3 }, status });
  expect(await ask('disruptions-allowed')).toMatch(/^no-data: .*generation 3/);
});

test('kubernetes-autoscaler: what it wants is known only while it computes', async () => {
  const cluster = memoryCluster();
  const all = () =>
    Promise.all(
      ['current', 'desired', 'at-max', 'able-to-scale'].map((metric) =>
        once(cluster, { kind: 'kubernetes-autoscaler', name: 'web', metric }),
      ),
    );
  const put = (desiredReplicas: number, active: string, able = 'True') =>
    cluster.put(AUTOSCALERS, {
      metadata: { name: 'web', namespace: 'shop' },
      spec: { maxReplicas: 5 },
      status: {
        currentReplicas: 4,
        desiredReplicas,
        conditions: [
          { type: 'AbleToScale', status: able },
          { type: 'ScalingActive', status: active, reason: 'FailedGetResourceMetric', message: 'no metrics' },
        ],
      },
    });
  put(4, 'True');
  expect(await all()).toEqual([4, 4, 0, 1]);
  put(5, 'True', 'False');
  expect(await all()).toEqual([4, 5, 1, 0]);
  put(5, 'False', 'Unknown');
  const blind = 'no-data: it does not compute what it wants: FailedGetResourceMetric: no metrics';
  expect(await all()).toEqual([4, blind, blind, 'no-data: it does not tell whether it is able to scale']);
  cluster.put(AUTOSCALERS, { metadata: { name: 'web', namespace: 'shop' }, spec: { maxReplicas: 5 }, status: { desiredReplicas: 0 } });
  for (const told of await all()) expect(told).toBe('no-data: its controller has not looked at it yet');
});

describe('kubernetes-node', () => {
  const node = (name: string, conditions: Record<string, string>, labels: Record<string, string> = { pool: 'a' }) => ({
    metadata: { name, labels },
    spec: {},
    status: {
      conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })),
      allocatable: { cpu: '2', memory: '4Gi' },
      capacity: { cpu: '4', memory: '8Gi' },
    },
  });
  const ask = (cluster: MemoryCluster, metric: string, more: object = { selector: 'pool=a' }) =>
    once(cluster, { kind: 'kubernetes-node', metric, ...more });

  test('conditions: how many; nobody knows of a node that nobody hears from, except that it is not ready', async () => {
    const cluster = memoryCluster();
    cluster.put(NODES, node('n1', { Ready: 'True', MemoryPressure: 'True', DiskPressure: 'False' }));
    cluster.put(NODES, node('n2', { Ready: 'False', MemoryPressure: 'True', DiskPressure: 'False' }));
    expect(await Promise.all(['not-ready', 'memory-pressure', 'disk-pressure'].map((metric) => ask(cluster, metric)))).toEqual([1, 2, 0]);
    expect(await ask(cluster, 'pid-pressure')).toMatch(/^no-data: node n1 does not tell/);
    cluster.put(NODES, node('n1', { Ready: 'Unknown', MemoryPressure: 'Unknown', DiskPressure: 'Unknown' }));
    expect(await ask(cluster, 'not-ready')).toBe(2);
    expect(await ask(cluster, 'memory-pressure')).toBe('no-data: node n1 does not tell its condition MemoryPressure');
    expect(await ask(cluster, 'not-ready', { selector: 'pool=b' })).toBe('no-data: no node matches pool=b');
    expect(await ask(cluster, 'not-ready', { node: 'n9' })).toBe('no-data: there is no node n9');
  });

  test('usage: of the metrics API, with its time; the fullest counts; one that is missing hides nothing', async () => {
    const cluster = memoryCluster();
    const probe = openProbe({ kind: 'kubernetes-node', selector: 'pool=a', metric: 'cpu' }, { ...ports, kubernetes: cluster });
    cluster.get = (path) => Promise.reject(new Error(`${path} is not to be asked`));
    for (const [name, cpu, second] of [
      ['n1', '250m', 7],
      ['n2', '1500000000n', 5],
    ] as const) {
      cluster.put(NODES, node(name, {}));
      cluster.put(METRICS, { metadata: { name }, timestamp: `2026-01-01T00:00:0${second}Z`, usage: { cpu, memory: '2048Mi' } });
    }
    expect(await probe.measure(forever)).toEqual({
      kind: 'value',
      value: 0.75,
      sourceAtMs: Date.UTC(2026, 0, 1, 0, 0, 5),
      usualAgeMs: 90_000,
    });
    expect(await ask(cluster, 'memory')).toBe(0.5);
    expect(await ask(cluster, 'memory', { node: 'n1', of: 'capacity' })).toBe(0.25);
    cluster.put(NODES, node('n3', {}));
    expect(await ask(cluster, 'cpu')).toBe('no-data: metrics.k8s.io does not tell the cpu of node n3');
  });

  test('without a metrics server there is no data; the kubelet only when it is asked for, and named when it fails', async () => {
    const cluster = memoryCluster();
    cluster.put(NODES, node('n1', {}));
    const asked: string[] = [];
    cluster.get = (path) => {
      asked.push(path);
      return Promise.reject(new Error('answered 403'));
    };
    expect(await ask(cluster, 'cpu', { node: 'n1' })).toBe('no-data: metrics.k8s.io does not tell the cpu of node n1');
    expect(asked).toEqual([]);
    for (const source of ['kubelet', undefined])
      expect(await ask(cluster, 'disk', { node: 'n1', ...(source && { source }) })).toBe(
        "error: the kubelet's summary (disk): answered 403",
      );
    expect(await ask(cluster, 'cpu', { node: 'n1', source: 'kubelet' })).toBe("error: the kubelet's summary (cpu): answered 403");
    const summary = '/api/v1/nodes/n1/proxy/stats/summary';
    expect(asked).toEqual([summary, summary, `${summary}?only_cpu_and_memory=true`]);
  });

  test('it asks for no more than it needs: the powerful verb on nodes/proxy only where the kubelet is asked', () => {
    const needs = (more: object) =>
      needsOf(providers['kubernetes-node'].access({ kind: 'kubernetes-node', node: 'n', ...more })).map(({ verb, group, resource }) =>
        [verb, ...(group === '' ? [] : [group]), resource].join(' '),
      );
    for (const metric of ['cpu', 'memory']) {
      for (const more of [{}, { source: 'metrics-api' }])
        expect(needs({ metric, ...more }).sort()).toEqual(['get metrics.k8s.io nodes', 'get nodes']);
      expect(needs({ metric, source: 'kubelet' })).toEqual(['get nodes', 'get nodes/proxy']);
    }
    expect(needs({ metric: 'disk' })).toEqual(['get nodes', 'get nodes/proxy']);
    expect(needs({ metric: 'not-ready', source: 'kubelet' })).toEqual(['get nodes']);
  });
});

test.each([
  ['2', 2],
  ['250m', 0.25],
  ['1500000000n', 1.5],
  ['24632456Ki', 24_632_456 * 1024],
  ['1e3', 1_000],
  ['1G', 1e9],
  ['', undefined],
  ['-1', undefined],
  ['1X', undefined],
  ['m', undefined],
])('quantity %j is %j', (text, amount) => {
  const parsed = parseKubernetesQuantity(text);
  if (amount === undefined) expect(parsed).toBeUndefined();
  else expect(parsed).toBeCloseTo(amount, 9);
});

test.each<[string, object]>([
  ['both node and selector', { kind: 'kubernetes-node', node: 'a', selector: 'b', metric: 'cpu' }],
  ['neither', { kind: 'kubernetes-node', metric: 'cpu' }],
  ['the disk by a source that does not know it', { kind: 'kubernetes-node', node: 'a', metric: 'disk', source: 'metrics-api' }],
  ['a source that would try the kubelet by itself', { kind: 'kubernetes-node', node: 'a', metric: 'cpu', source: 'auto' }],
  ['no selector', { kind: 'kubernetes-pods', namespace: 'a', selector: ' ', metric: 'ready' }],
  ['no namespace', { kind: 'kubernetes-pods', selector: 'a=b', metric: 'ready' }],
  ['a reason that would be another field', { kind: 'kubernetes-events', namespace: 'a', reasons: ['A,type=Normal'] }],
])('%s is refused', (_what, spec) => expect(ProviderSpec.safeParse(spec).success).toBe(false));
