import { targets, TargetSpec } from '../../src/targets/index.ts';
import { memoryCluster, type Objects } from '../support/memory-cluster.ts';
import { controlledBy, namespace, no, pod, STARTED, thing, yes, type PodShape } from './kubernetes-objects.ts';

const never = new AbortController().signal;
const unused = {} as never;
const discover = (kubernetes: ReturnType<typeof memoryCluster>, spec: object) =>
  targets.pod.discover({ kind: 'pod', namespace: 'shop', ...spec }, { processes: unused, readiness: unused, kubernetes }, 'here', never);
const find = (objects: Objects, spec: object, ...rest: [string[]?, string[]?]) => discover(memoryCluster(objects, ...rest), spec);
const podNames = (found: { labels: Record<string, string> }[]) => found.map(({ labels }) => labels['pod']).sort();

const web = (name: string, shape: PodShape = {}) =>
  pod(name, { ...shape, metadata: { labels: { app: 'web' }, ...controlledBy('ReplicaSet', 'web-1'), ...shape.metadata } });
const replicaSet = thing('ReplicaSet', 'web-1', controlledBy('Deployment', 'web'));
const deployment = thing('Deployment', 'web');
const shop = (pods: object[], rest: Objects = {}): Objects => ({
  pods: pods as Objects[string],
  replicasets: [replicaSet],
  deployments: [deployment],
  namespaces: [namespace(yes)],
  ...rest,
});
const byLabel = { labels: { app: 'web' } };

test('a target is pinned by pod UID, container id and restart count, and says who it is', async () => {
  const found = await find(shop([web('a', { container: { restartCount: 2 } })]), byLabel);
  expect(found).toMatchObject({ protected: [], unready: [] });
  const id = 'pod:uid-Pod-a:main:2:containerd://a-main-0';
  expect(found.targets).toEqual([
    {
      ...{ kind: 'pod', site: 'here', id, name: 'shop/a (main)' },
      labels: { app: 'web', namespace: 'shop', pod: 'a', container: 'main', node: 'n1', owner: 'Deployment web' },
      identity: {
        namespace: 'shop',
        pod: 'a',
        uid: 'uid-Pod-a',
        container: 'main',
        containerId: 'containerd://a-main-0',
        restartCount: 2,
        node: 'n1',
      },
    },
  ]);
  expect(found.startedAtMs).toEqual({ [id]: Date.parse(STARTED) });
});

test.each([
  ['a namespace alone', {}, 'a namespace alone would select too much'],
  ['absences alone', { selector: '!legacy,tier!=db' }, 'absences alone would select too much'],
  ['no namespace', { namespace: undefined, ...byLabel }, 'expected string'],
  ['a selector that is none', { selector: 'app in web' }, "'app in web' is no requirement of a label selector"],
  ['labels that smuggle in another requirement', { labels: { app: 'web,tier=db' } }, "expected a label's value"],
  ['no labels', { labels: {} }, 'expected at least one label'],
  ['a phase without life', { ...byLabel, phase: 'Succeeded' }, 'expected Running, Pending or Unknown'],
  ['nodes without a fact', { ...byLabel, nodes: {} }, 'expected at least one of selector, zone and taints'],
  ['an exclusion of nothing', { ...byLabel, exclude: {} }, 'expected at least one of selector, owner and names'],
])('refused: %s', (_name, spec, message) => {
  const parsed = TargetSpec.safeParse({ kind: 'pod', namespace: 'shop', ...spec });
  expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message);
});

test.each([
  ['crash loop', { container: { ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } }, ready: 'False' }, 'CrashLoopBackOff'],
  ['ended', { container: { ready: false, state: { terminated: { reason: 'Error', exitCode: 3 } } } }, 'terminated: Error, exit code 3'],
  ['not ready', { ready: 'False' }, 'not Ready: ContainersNotReady: containers with unready status: [main]'],
  ['its container is not ready', { container: { ready: false } }, 'not Ready: container main'],
])('lives but is not ready: %s', async (_name, shape: PodShape, why) => {
  const found = await find(shop([web('a', shape), web('b')]), byLabel);
  expect(podNames(found.targets)).toEqual(['a', 'b']);
  expect(found.unready).toEqual([{ id: found.targets[0]?.id, name: 'shop/a (main)', why }]);
});

test('whoever is being deleted is no target, and makes the population no larger', async () => {
  const found = await find(shop([web('a', { metadata: { deletionTimestamp: STARTED } }), web('b')]), byLabel);
  expect(podNames(found.targets)).toEqual(['b']);
  expect(found.protected.map(({ why }) => why)).toEqual(['is terminating']);
});

test('readiness that the file asks for beyond the cluster’s', async () => {
  const young = web('young', { container: { state: { running: { startedAt: new Date().toISOString() } } } });
  const found = await find(shop([young, web('old')]), { ...byLabel, ready: { uptimeAtLeast: '10s' } });
  expect(found.unready).toMatchObject([
    { name: 'shop/young (main)', why: expect.stringMatching(/up for \d\.\d s, and is ready after 10 s/) as unknown },
  ]);
  const gated = await find(shop([web('a')]), { ...byLabel, ready: { conditions: ['shop/warm'] } });
  expect(gated.unready).toMatchObject([{ why: 'its condition shop/warm is not True' }]);
});

test('what lives no more, or does not yet, is nobody; one that was never started is pinned by nothing', async () => {
  const unborn = web('unborn', { container: { containerID: '', state: { waiting: { reason: 'ImagePullBackOff' } } } });
  const found = await find(shop([web('done', { phase: 'Succeeded' }), web('waits', { phase: 'Pending' }), unborn]), byLabel);
  expect(found.targets).toEqual([]);
  expect(found.protected).toMatchObject([
    { target: { labels: { pod: 'unborn' } }, why: 'its container main was never started: ImagePullBackOff' },
  ]);
});

test('a pod of several containers is shown with the remedy until the file names one', async () => {
  const objects = shop([web('a', { containers: ['main', 'proxy'] })]);
  expect(await find(objects, byLabel)).toMatchObject({
    targets: [],
    protected: [{ target: { id: 'pod:uid-Pod-a' }, why: 'has several containers (main, proxy): say which, such as container: main' }],
  });
  expect((await find(objects, { ...byLabel, container: 'proxy' })).targets).toMatchObject([{ identity: { container: 'proxy' } }]);
  expect(await find(objects, { ...byLabel, container: 'other' })).toMatchObject({
    targets: [],
    protected: [{ why: "has no container 'other'; it has main, proxy" }],
  });
});

test.each([
  ['Deployment', 'deployments', { replicasets: [replicaSet] }, controlledBy('ReplicaSet', 'web-1')],
  [
    'Rollout',
    'rollouts',
    { replicasets: [thing('ReplicaSet', 'web-1', controlledBy('Rollout', 'web'))] },
    controlledBy('ReplicaSet', 'web-1'),
  ],
  ['StatefulSet', 'statefulsets', {}, controlledBy('StatefulSet', 'web')],
  ['DaemonSet', 'daemonsets', {}, controlledBy('DaemonSet', 'web')],
])('owner %s: only its pods', async (kind, plural, rest, reference) => {
  const pods = [pod('a', { metadata: reference }), pod('b', { metadata: controlledBy(kind, 'other') }), pod('c')];
  const objects = { pods, [plural]: [thing(kind, 'web', yes)], ...rest };
  const found = await find(objects, { owner: { kind, name: 'web' } });
  expect(podNames(found.targets)).toEqual(['a']);
  expect(found).toMatchObject({ protected: [], targets: [{ labels: { owner: `${kind} web` } }] });
});

test.each([
  ['the pod says yes', yes, no, no, undefined],
  ['the pod says no', no, yes, yes, "annotation breakwater.dev/enabled of pod a is 'false'"],
  ['the workload says yes', {}, yes, no, undefined],
  ['the workload says no', {}, no, yes, "annotation breakwater.dev/enabled of Deployment web is 'false'"],
  ['the namespace says yes', {}, {}, yes, undefined],
  ['the namespace says no', {}, {}, no, "annotation breakwater.dev/enabled of namespace shop is 'false'"],
  ['nobody says anything', {}, {}, {}, 'annotate pod a or Deployment web or namespace shop with breakwater.dev/enabled=true'],
])('opting in, the nearest decides: %s', async (_name, ofPod, ofWorkload, ofNamespace, why) => {
  const rest = { deployments: [thing('Deployment', 'web', ofWorkload)], namespaces: [namespace(ofNamespace)] };
  const found = await find(shop([web('a', { metadata: ofPod })], rest), byLabel);
  expect(podNames(found.targets)).toEqual(why === undefined ? ['a'] : []);
  expect(found.protected.map((one) => one.why)).toEqual(why === undefined ? [] : [expect.stringContaining(why)]);
});

test.each([
  ['read namespaces/shop', 'namespace shop cannot be read: get namespaces in namespace shop is not allowed'],
  ['read deployments/shop/web', 'Deployment web cannot be read: get deployments.apps in namespace shop is not allowed'],
  ['list replicasets', 'list replicasets.apps in namespace shop is not allowed'],
])('what may not be read has not opted in: %s', async (forbidden, why) => {
  const found = await find(shop([web('a'), web('b', { metadata: yes })]), byLabel, [forbidden]);
  expect(podNames(found.targets)).toEqual(['b']);
  expect(found.protected.map((one) => one.why)).toEqual([expect.stringContaining(why)]);
});

test('without the ReplicaSets nobody belongs to a Deployment: that is an error, not an empty population', async () => {
  const asked = find(shop([web('a')]), { owner: { kind: 'Deployment', name: 'web' } }, ['list replicasets']);
  await expect(asked).rejects.toThrow('list replicasets answered 403');
});

test('a workload that was replaced speaks for nobody', async () => {
  const rest = { deployments: [thing('Deployment', 'web', { ...yes, uid: 'another' })] };
  expect((await find(shop([web('a')], rest), byLabel)).protected).toMatchObject([
    { why: expect.stringContaining('Deployment web is gone') as unknown },
  ]);
});

test.each([
  ['kube-system', 'kube-system', [], 'belongs to Kubernetes'],
  ['the settings', 'shop', ['shop'], "which this site's settings protect"],
])('protected whatever was opted in: %s', async (_name, space, settings, why) => {
  const objects = { pods: [pod('a', { metadata: { ...yes, namespace: space, labels: { app: 'web' } } })] };
  const found = await find(objects, { ...byLabel, namespace: space }, [], settings);
  expect(found).toMatchObject({ targets: [], protected: [{ why: expect.stringContaining(why) as unknown }] });
});

test('Breakwater never hits itself', async () => {
  const labels = { app: 'web', 'app.kubernetes.io/name': 'breakwater' };
  const found = await find(shop([web('a', { metadata: { ...yes, labels } })]), byLabel);
  expect(found).toMatchObject({ targets: [], protected: [{ why: expect.stringContaining('belongs to Breakwater itself') as unknown }] });
});

test('any criterion of exclude takes a pod out', async () => {
  const labelled = (name: string, role: string) => web(name, { metadata: { labels: { app: 'web', role } } });
  const objects = shop([labelled('a', 'main'), labelled('b', 'spare'), labelled('c', 'main')]);
  const found = await find(objects, { ...byLabel, exclude: { selector: 'role in (spare,old)', names: ['c'] } });
  expect(podNames(found.targets)).toEqual(['a']);
  expect(found.protected.map(({ why }) => why)).toEqual(['excluded by the file', 'excluded by the file']);
  expect((await find(objects, { ...byLabel, exclude: { owner: { kind: 'Deployment', name: 'web' } } })).targets).toEqual([]);
});

test('facts of nodes: zone, label, taint; nodes are listed only when they are asked for', async () => {
  const node = (name: string, zone: string, taints: object[] = []) => ({
    metadata: { name, uid: name, labels: { 'topology.kubernetes.io/zone': zone, disk: 'ssd' } },
    spec: { taints },
    status: {},
  });
  const nodes = [node('n1', 'z1'), node('n2', 'z2', [{ key: 'spot', value: 'yes', effect: 'NoSchedule' }])];
  const cluster = () => memoryCluster(shop([web('a', { node: 'n1' }), web('b', { node: 'n2' }), web('c', { node: 'n3' })], { nodes }));
  const on = async (criteria: object) => podNames((await discover(cluster(), { ...byLabel, nodes: criteria })).targets);
  expect(await on({ zone: 'z1' })).toEqual(['a']);
  expect(await on({ selector: 'disk' })).toEqual(['a', 'b']);
  expect(await on({ taints: [{ key: 'spot' }] })).toEqual(['b']);
  expect(await on({ taints: [{ key: 'spot', effect: 'NoExecute' }] })).toEqual([]);
  const plain = cluster();
  await discover(plain, byLabel);
  expect(plain.asked).toEqual(['list pods', 'list replicasets', 'read deployments/shop/web', 'read namespaces/shop']);
});

test('requests do not grow with the number of pods', async () => {
  const cluster = memoryCluster(shop(Array.from({ length: 300 }, (_, i) => web(`w${i}`))));
  expect((await discover(cluster, byLabel)).targets).toHaveLength(300);
  expect(cluster.asked).toHaveLength(4);
});

test('access: what finding them needs, and no more', () => {
  const verbs = (spec: object) =>
    targets.pod
      .access({ kind: 'pod', namespace: 'shop', ...spec })
      .map(({ resource, verbs: all, namespace: space }) => `${all.join()} ${resource} ${space ?? '*'}`);
  expect(verbs(byLabel)).toEqual([
    ...['list pods shop', 'get namespaces shop', 'list replicasets shop'],
    ...['get deployments shop', 'get statefulsets shop', 'get daemonsets shop'],
  ]);
  expect(verbs({ owner: { kind: 'StatefulSet', name: 'db' } })).toEqual(['list pods shop', 'get namespaces shop', 'get statefulsets shop']);
  expect(verbs({ owner: { kind: 'Rollout', name: 'web' }, nodes: { zone: 'z1' } })).toEqual([
    ...['list pods shop', 'get namespaces shop', 'list replicasets shop', 'get rollouts shop', 'list nodes *'],
  ]);
});
