import { targets, TargetSpec } from '../../src/targets/index.ts';
import { memoryCluster, type Objects, type RawObject } from '../support/memory-cluster.ts';
import { namespace, no, thing, yes } from './kubernetes-objects.ts';

const never = new AbortController().signal;
const unused = {} as never;
const ports = (objects: Objects, forbidden: string[] = []) => ({
  ...{ processes: unused, readiness: unused },
  kubernetes: memoryCluster(objects, forbidden),
});

describe('workload', () => {
  const deployment = (name: string, metadata: object = {}, status: object = { availableReplicas: 2 }) =>
    thing('Deployment', name, { generation: 3, ...metadata }, { spec: { replicas: 2 }, status: { observedGeneration: 3, ...status } });
  const find = (all: RawObject[], spec: object, space: object = yes) =>
    targets.workload.discover(
      { kind: 'workload', namespace: 'shop', workload: 'Deployment', ...spec },
      ports({ deployments: all, namespaces: [namespace(space)] }),
      'here',
      never,
    );

  test('by name or selector, pinned by UID', async () => {
    const all = [deployment('web', { labels: { tier: 'front' } }), deployment('api')];
    expect((await find(all, { name: 'web' })).targets).toEqual([
      {
        ...{ kind: 'workload', id: 'workload:Deployment:uid-Deployment-web', site: 'here', name: 'shop/web (Deployment)' },
        labels: { tier: 'front', namespace: 'shop', workload: 'Deployment', name: 'web' },
        identity: { workload: 'Deployment', namespace: 'shop', name: 'web', uid: 'uid-Deployment-web' },
      },
    ]);
    expect((await find(all, { selector: 'tier' })).targets.map(({ identity }) => identity['name'])).toEqual(['web']);
    expect((await find(all, { selector: '!tier', exclude: { names: ['api'] } })).protected).toMatchObject([
      { why: 'excluded by the file' },
    ]);
  });

  test('opting in: itself, then its namespace', async () => {
    expect((await find([deployment('web')], { name: 'web' })).targets).toHaveLength(1);
    expect((await find([deployment('web', no)], { name: 'web' })).protected).toMatchObject([
      { why: expect.stringContaining("'false'") as unknown },
    ]);
    expect((await find([deployment('web', yes)], { name: 'web' }, no)).targets).toHaveLength(1);
    expect((await find([deployment('web')], { name: 'web' }, {})).protected).toMatchObject([
      { why: 'has not opted in: annotate Deployment web or namespace shop with breakwater.dev/enabled=true' },
    ]);
  });

  test.each([
    ['too few', { availableReplicas: 1 }, '1 of 2 replicas are available'],
    ['none, which the API leaves out', { readyReplicas: 2 }, '0 of 2 replicas are available'],
    [
      'a change that nobody saw yet',
      { availableReplicas: 2, observedGeneration: 2 },
      'its controller has not seen its newest specification',
    ],
  ])('not ready: %s', async (_name, status, why) => {
    expect((await find([deployment('web', {}, { observedGeneration: 3, ...status })], { name: 'web' })).unready).toMatchObject([{ why }]);
  });

  test('a namespace alone is refused', () => {
    const parsed = TargetSpec.safeParse({ kind: 'workload', namespace: 'shop', workload: 'Deployment' });
    expect(parsed.error?.issues[0]?.message).toContain('expected name or selector');
  });
});

describe('node', () => {
  const node = (name: string, metadata: object = {}, spec: object = {}, ready = 'True'): RawObject => ({
    metadata: { name, uid: `uid-${name}`, ...metadata },
    spec,
    status: { conditions: [{ type: 'Ready', status: ready, reason: 'KubeletDown' }], nodeInfo: { bootID: `boot-${name}` } },
  });
  const find = (nodes: RawObject[], spec: object) => targets.node.discover({ kind: 'node', ...spec }, ports({ nodes }), 'here', never);

  test('pinned by UID and boot id; only those that opted in, never the control plane', async () => {
    const control = node('n0', { ...yes, labels: { 'node-role.kubernetes.io/control-plane': '' } });
    const found = await find([control, node('n1', yes), node('n2'), node('n3', yes)], { names: ['n0', 'n1', 'n2'] });
    expect(found.targets).toEqual([
      {
        kind: 'node',
        id: 'node:uid-n1:boot-n1',
        site: 'here',
        name: 'n1',
        labels: { node: 'n1' },
        identity: { name: 'n1', uid: 'uid-n1', bootId: 'boot-n1' },
      },
    ]);
    expect(found.protected.map(({ why }) => why)).toEqual([
      'is of the control plane (label node-role.kubernetes.io/control-plane)',
      'has not opted in: annotate node n2 with breakwater.dev/enabled=true',
    ]);
  });

  test('ready: its condition says so and it is not cordoned', async () => {
    const found = await find([node('n1', yes, { unschedulable: true }), node('n2', yes, {}, 'Unknown'), node('n3', yes)], {
      selector: '!none',
    });
    expect(found.unready.map(({ why }) => why)).toEqual(['it is cordoned', 'not Ready: KubeletDown']);
    expect(found.targets).toHaveLength(3);
  });

  test('all nodes are too many; what needs the cluster is said', () => {
    expect(TargetSpec.safeParse({ kind: 'node' }).error?.issues[0]?.message).toContain('every node would be selected');
    expect(targets.node.access({ kind: 'node', names: ['n1'] })).toEqual([{ group: '', resource: 'nodes', verbs: ['list'] }]);
  });
});
