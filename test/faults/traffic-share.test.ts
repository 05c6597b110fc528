import { openJournal } from '../../src/adapters/process/index.ts';
import { objectPath, VIRTUAL_SERVICES } from '../../src/domain/kubernetes/resources.ts';
import { routeTargetId, type RouteIdentity } from '../../src/domain/kubernetes/identity.ts';
import type { Target } from '../../src/domain/target.ts';
import { trafficShare } from '../../src/faults/traffic-share.ts';
import { containing, never, orderFor } from '../adapters/process/harness/children.ts';
import { routePath, World } from './harness/kubernetes.ts';

let world: World;
beforeEach(() => (world = new World()));
afterEach(() => world.end());

const specOf = (path: string): Record<string, unknown> =>
  structuredClone(world.cluster.objects.get(path)?.['spec']) as Record<string, unknown>;

describe('weights that somebody else has changed', () => {
  const spec = { kind: 'traffic-share', route: { kind: 'http-route', namespace: 'shop', name: 'web', canary: 'web-canary' }, share: '5%' };

  const write = (weights: [number, number]) => {
    const object = world.cluster.objects.get(routePath)!;
    const backendRefs = weights.map((weight, i) => ({ name: i === 0 ? 'web' : 'web-canary', port: 80, weight }));
    world.cluster.put(routePath, { ...object, spec: { rules: [{ backendRefs }] } });
  };

  const begun = async () => {
    const { order, fault } = world.prepared(spec);
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    write([70, 30]);
    expect(await fault.revert(order, never)).toMatchObject({ undone: false, isFinal: true });
    return { order, changes: [...world.cluster.changes] };
  };

  /** Whoever comes later, with nothing but the journal on disk: the reaper, the janitor. */
  const revertLater = (order: Awaited<ReturnType<typeof begun>>['order']) =>
    trafficShare.bind(spec, { ...world.ports, journal: openJournal(world.dir) }).revert(order, never);

  test('are never overwritten, also when they happen to be those that were set again', async () => {
    const { order, changes } = await begun();
    write([95, 5]);
    for (let i = 0; i < 2; i++)
      expect(await revertLater(order)).toMatchObject({ undone: false, isFinal: true, evidence: containing('kubectl edit') });
    expect(specOf(routePath)).toMatchObject({ rules: [{ backendRefs: [{ weight: 95 }, { weight: 5 }] }] });
    expect(world.cluster.changes).toEqual(changes);
  });

  test('are what was owed once somebody has put those of before back', async () => {
    const { order, changes } = await begun();
    write([80, 20]);
    expect(await revertLater(order)).toMatchObject({ undone: true, evidence: containing('by somebody else') });
    expect(world.cluster.changes).toEqual(changes);
  });
});

test('two runs fence two sections of one VirtualService: neither takes the other’s away, nor its owners', async () => {
  const path = objectPath({ resource: VIRTUAL_SERVICES, namespace: 'shop', name: 'mesh' });
  const identity: RouteIdentity = { route: 'virtual-service', namespace: 'shop', name: 'mesh', uid: 'mesh-1' };
  const target: Target = { kind: 'route', id: routeTargetId(identity), site: 'here', name: 'mesh', labels: {}, identity: { ...identity } };
  const split = (host: string, weights: [number, number]) => [
    { route: weights.map((weight, i) => ({ destination: { host, subset: i === 0 ? 'stable' : 'canary' }, weight })) },
  ];
  const before = { hosts: ['web'], http: split('web', [80, 20]), tcp: split('db', [60, 40]) };
  const pipeline = { manager: 'pipeline', operation: 'Apply', apiVersion: 'x/v1' };
  const owned = { 'f:spec': { 'f:hosts': {}, 'f:http': {}, 'f:tcp': {} } };
  const metadata = { name: 'mesh', namespace: 'shop', uid: 'mesh-1', annotations: { 'breakwater.dev/enabled': 'true' } };
  world.cluster.put(path, { metadata: { ...metadata, managedFields: [{ ...pipeline, fieldsV1: owned }] }, spec: structuredClone(before) });
  const ownersOf = () => world.cluster.objects.get(path)?.metadata['managedFields'];

  const fence = (host: string) => {
    const route = { kind: 'virtual-service', namespace: 'shop', name: 'mesh', canary: host, subset: 'canary' };
    const fault = { kind: 'traffic-share', route, share: '5%' };
    const order = orderFor(target, fault, { workflowId: `run-${host}` });
    return { order, ...trafficShare.bind(fault, world.ports) };
  };
  const [web, db] = [fence('web'), fence('db')];
  for (const one of [web, db]) expect(await one.inject(one.order, never)).toMatchObject({ outcome: 'injected' });
  expect(specOf(path)).toEqual({ ...before, http: split('web', [95, 5]), tcp: split('db', [95, 5]) });

  expect(await web.revert(web.order, never)).toMatchObject({ undone: true });
  expect(specOf(path)).toEqual({ ...before, tcp: split('db', [95, 5]) });
  expect(ownersOf()).toMatchObject([
    { manager: 'pipeline', fieldsV1: { 'f:spec': { 'f:hosts': {}, 'f:http': {} } } },
    { manager: 'breakwater', fieldsV1: { 'f:spec': { 'f:tcp': {} } } },
  ]);
  expect(await db.effect(db.order, never)).toMatchObject({ proven: true });

  expect(await db.revert(db.order, never)).toMatchObject({ undone: true });
  expect(specOf(path)).toEqual(before);
  expect(ownersOf()).toEqual([{ ...pipeline, fieldsV1: owned }]);
});
