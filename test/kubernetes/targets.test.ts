import { openKubernetes } from '../../src/adapters/kubernetes/index.ts';
import { meetsLabels, parseLabelSelector } from '../../src/domain/kubernetes/label-selector.ts';
import type { Population } from '../../src/domain/target.ts';
import { targets } from '../../src/targets/index.ts';
import { apply, describeWithCluster, freshNamespace, images, kubeconfig, kubectl } from '../support/cluster.ts';
import { deployment, pod } from '../support/manifests.ts';

const never = new AbortController().signal;
const unused = {} as never;
const OPT_IN = 'breakwater.dev/enabled';

describeWithCluster('targets in a real cluster', () => {
  let namespace = '';
  const here = (...args: string[]) => kubectl('--namespace', namespace, ...args);
  const ports = () => ({
    ...{ processes: unused, readiness: unused },
    kubernetes: openKubernetes({ kubeconfig: kubeconfig(), protectedNamespaces: [] }),
  });
  const find = (spec: object): Promise<Population> => targets.pod.discover({ kind: 'pod', namespace, ...spec }, ports(), 'here', never);
  const podsOf = ({ targets: all }: Population) => all.map(({ labels }) => labels['pod'] ?? '').sort();
  const optIn = (what: string, value: string) => here('annotate', '--overwrite', what, value === '' ? `${OPT_IN}-` : `${OPT_IN}=${value}`);
  const bare = { image: images.bare, command: ['/pause'] };

  beforeAll(async () => {
    namespace = await freshNamespace('targets');
    await apply(
      deployment(namespace, 'web', 2),
      deployment(namespace, 'web-other', 1, bare),
      pod(namespace, 'alone', bare, { app: 'web', tier: 'spare' }),
    );
    for (const name of ['web', 'web-other']) await here('rollout', 'status', `deployment/${name}`, '--timeout=60s');
    await here('wait', 'pod/alone', '--for=condition=Ready', '--timeout=30s');
    await optIn(`namespace/${namespace}`, 'true');
    await find({ labels: { app: 'web' } }); // the client library is transformed once, which takes its time
  }, 120_000);
  afterAll(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

  test('labels and set-based selectors choose what kubectl chooses, and what our own reading of them chooses', async () => {
    const all = JSON.parse(await here('get', 'pods', '-o', 'json')) as {
      items: { metadata: { name: string; labels: Record<string, string> } }[];
    };
    for (const selector of ['app=web', 'app in (web,none)', 'app,tier notin (spare)', 'app,!tier', 'app!=web,app', 'app=web,tier']) {
      const shown = (await here('get', 'pods', '-l', selector, '-o', 'jsonpath={.items[*].metadata.name}'))
        .split(' ')
        .filter(Boolean)
        .sort();
      const own = all.items
        .filter(({ metadata }) => meetsLabels(parseLabelSelector(selector), metadata.labels))
        .map(({ metadata }) => metadata.name);
      expect(podsOf(await find({ selector }))).toEqual(shown);
      expect(own.sort()).toEqual(shown);
    }
    expect(podsOf(await find({ labels: { app: 'web', tier: 'spare' } }))).toEqual(['alone']);
  });

  test('owner: through the ReplicaSet to the Deployment, and nobody else of the same label', async () => {
    const found = await find({ owner: { kind: 'Deployment', name: 'web' } });
    expect(found.targets).toHaveLength(2);
    expect(found.targets.every(({ labels }) => labels['owner'] === 'Deployment web' && labels['app'] === 'web')).toBe(true);
    expect(found).toMatchObject({ unready: [], protected: [] });
    for (const at of Object.values(found.startedAtMs ?? {})) expect(Math.abs(Date.now() - at)).toBeLessThan(300_000);
  });

  test('opting in: namespace, Deployment behind the ReplicaSet, pod; the nearest decides', async () => {
    const web = { owner: { kind: 'Deployment', name: 'web' } };
    const [first = '', second = ''] = podsOf(await find(web));
    await optIn('deployment/web', 'false');
    expect(await find(web)).toMatchObject({
      targets: [],
      protected: [{ why: `has not opted in: annotation ${OPT_IN} of Deployment web is 'false', not 'true'` }, {}],
    });
    await optIn(`pod/${first}`, 'true');
    expect(podsOf(await find(web))).toEqual([first]);
    await optIn('deployment/web', 'true');
    await optIn(`namespace/${namespace}`, '');
    await optIn(`pod/${first}`, 'false');
    expect(podsOf(await find(web))).toEqual([second]);
    expect((await find({ labels: { tier: 'spare' } })).protected).toMatchObject([
      { why: `has not opted in: annotate pod alone or namespace ${namespace} with ${OPT_IN}=true` },
    ]);
    await optIn(`namespace/${namespace}`, 'true');
    await optIn(`pod/${first}`, '');
  });

  test('exclusion, node facts and field selectors', async () => {
    const [first = ''] = podsOf(await find({ owner: { kind: 'Deployment', name: 'web' } }));
    const without = await find({ labels: { app: 'web' }, exclude: { selector: 'tier in (spare)', names: [first] } });
    expect(without.targets).toHaveLength(1);
    expect(without.protected.map(({ why }) => why)).toEqual(['excluded by the file', 'excluded by the file']);
    const node = (await here('get', 'pod', first, '-o', 'jsonpath={.spec.nodeName}')).trim();
    expect(podsOf(await find({ labels: { app: 'web' }, fields: `metadata.name=${first}` }))).toEqual([first]);
    expect(podsOf(await find({ labels: { app: 'web' }, nodes: { selector: `kubernetes.io/hostname=${node}` } }))).toContain(first);
    expect(podsOf(await find({ labels: { app: 'web' }, nodes: { zone: 'nowhere' } }))).toEqual([]);
  });

  test('kube-system is protected, whatever is asked', async () => {
    await apply({ ...pod('kube-system', `of-${namespace}`, bare, { for: namespace }) });
    await kubectl('annotate', '-n', 'kube-system', `pod/of-${namespace}`, `${OPT_IN}=true`);
    await kubectl('wait', '-n', 'kube-system', `pod/of-${namespace}`, '--for=condition=Ready', '--timeout=30s');
    const found = await find({ namespace: 'kube-system', labels: { for: namespace } });
    await kubectl('delete', '-n', 'kube-system', `pod/of-${namespace}`, '--wait=false');
    expect(found).toMatchObject({ targets: [], protected: [{ why: 'is in namespace kube-system, which belongs to Kubernetes' }] });
  });

  test('a restarted container and a replaced pod have other ids; the others keep theirs', async () => {
    const web = { owner: { kind: 'Deployment', name: 'web' } };
    const ids = async () => new Map((await find(web)).targets.map(({ labels, id }) => [labels['pod'] ?? '', id]));
    const before = await ids();
    const [first = '', second = ''] = [...before.keys()].sort();
    await here('exec', first, '--', 'pkill', '-9', '-x', 'sleep');
    await here('wait', `pod/${first}`, '--for=jsonpath={.status.containerStatuses[0].restartCount}=1', '--timeout=30s');
    await here('wait', `pod/${first}`, '--for=condition=Ready', '--timeout=30s');
    const restarted = await ids();
    expect(restarted.get(first)).toMatch(/^pod:[-0-9a-f]+:main:1:containerd:\/\//);
    expect(restarted.get(first)).not.toBe(before.get(first));
    expect(restarted.get(second)).toBe(before.get(second));
    await here('delete', 'pod', second, '--wait=true');
    await here('rollout', 'status', 'deployment/web', '--timeout=30s');
    const replaced = await ids();
    expect(replaced.has(second)).toBe(false);
    expect([...before.values()].filter((id) => [...replaced.values()].includes(id))).toEqual([]);
  });

  test('a crash loop is seen as one, with its reason, and counts as not ready', async () => {
    await apply(pod(namespace, 'loops', { command: ['sh', '-c', 'exit 3'] }, { role: 'loops' }));
    await here('wait', 'pod/loops', '--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff', '--timeout=60s');
    const found = await find({ labels: { role: 'loops' } });
    expect(found.targets).toHaveLength(1);
    expect(found.unready).toMatchObject([{ name: `${namespace}/loops (main)`, why: 'CrashLoopBackOff' }]);
    await here('delete', 'pod/loops', '--wait=false');
  }, 90_000);

  test('workloads and nodes', async () => {
    const workloads = await targets.workload.discover(
      { kind: 'workload', namespace, workload: 'Deployment', name: 'web' },
      ports(),
      'here',
      never,
    );
    expect(workloads).toMatchObject({
      targets: [{ identity: { workload: 'Deployment', namespace, name: 'web' } }],
      unready: [],
      protected: [],
    });
    const [name = ''] = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ');
    const node = () => targets.node.discover({ kind: 'node', names: [name] }, ports(), 'here', never);
    expect(await node()).toMatchObject({
      targets: [],
      protected: [{ why: `has not opted in: annotate node ${name} with ${OPT_IN}=true` }],
    });
    await kubectl('annotate', `node/${name}`, `${OPT_IN}=true`);
    const opted = await node();
    await kubectl('annotate', `node/${name}`, `${OPT_IN}-`);
    expect(opted).toMatchObject({ targets: [{ identity: { name } }], unready: [] });
  });
});
