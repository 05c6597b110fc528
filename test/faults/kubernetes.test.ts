import { KubernetesError } from '../../src/domain/kubernetes/port.ts';
import type { Spec } from '../../src/domain/order.ts';
import { faults } from '../../src/faults/index.ts';
import { containing, endAll, never, start, stateOf } from '../adapters/process/harness/children.ts';
import { deploymentPath, nodePath, podObject, podPath, routePath, World } from './harness/kubernetes.ts';

let world: World;
beforeEach(() => (world = new World()));
afterEach(async () => {
  world.end();
  await endAll();
});

const silent = () => {
  throw new KubernetesError('no answer', 0, 'NoAnswer');
};
/** Without processes: what is changed is an object of the API. */
const DEEDS: [Spec][] = [
  [{ kind: 'pod-delete' }],
  [{ kind: 'pod-evict' }],
  [{ kind: 'pod-evict', mode: 'fill' }],
  [{ kind: 'pod-evict', mode: 'violate' }],
  [{ kind: 'scale-down', to: 1 }],
  [{ kind: 'node-cordon' }],
  [{ kind: 'node-drain' }],
  [{ kind: 'traffic-share', route: { kind: 'http-route', namespace: 'shop', name: 'web', canary: 'web-canary' }, share: '5%' }],
];
const PROCESSES: [Spec][] = [
  [{ kind: 'container-process-kill', process: { argv: ['98765.25'] } }],
  [{ kind: 'container-process-pause', process: { argv: ['98765.25'] } }],
];

describe.each(DEEDS)('%j', (spec) => {
  test('is done, proven, and repeated does nothing more; undone twice is undone once', async () => {
    const { order, fault } = world.prepared(spec);
    const first = await fault.inject(order, never);
    expect(first).toMatchObject({ outcome: 'injected' });
    expect(await fault.effect(order, never)).toMatchObject({ proven: true });
    const changes = [...world.cluster.changes];
    expect(changes.length).toBeGreaterThan(0);
    expect(await fault.inject(order, never)).toEqual(first);
    expect(world.cluster.changes).toEqual(changes);
    const reversal = await fault.revert(order, never);
    expect(reversal).toMatchObject({ undone: true });
    const after = [...world.cluster.changes];
    expect(await fault.revert(order, never)).toEqual(reversal);
    expect(await fault.inject({ ...order, notAfterMs: Date.now() + 9_999 }, never)).toEqual(first);
    expect(world.cluster.changes).toEqual(after);
  });

  test('an undo without a deed touches nothing, and closes the order', async () => {
    const { order, fault } = world.prepared(spec);
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped' });
    expect(world.cluster.changes).toEqual([]);
  });
});

describe.each([...DEEDS, ...PROCESSES, [{ kind: 'container-kill' }] as [Spec]])('%j changes nothing', (spec) => {
  const expectSkip = async (reason: string, change = {}) => {
    const { order, fault } = world.prepared(spec, change);
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing(reason) });
    expect(await fault.effect(order, never)).toMatchObject({ proven: false });
    expect(world.cluster.changes).toEqual([]);
  };

  test('when the order is late', () => expectSkip('expired', { notAfterMs: Date.now() - 1 }));

  test('when the survivor floor needs the victim', async () => {
    if (spec.kind === 'container-kill') return; // the machine's process 1 is nobody's victim: test/kubernetes has a container's
    const child = await start(['sleep', '98765.25']);
    world.cluster.runsPrograms = true;
    world.needed = 'is needed: 3 of 3';
    await expectSkip('is needed: 3 of 3');
    expect(stateOf(child.pid)).toMatch(/[RS]/);
  });

  test('when the victim was replaced', async () => {
    world.cluster.put(podPath, podObject('pod-2'));
    for (const [path, uid] of [
      [deploymentPath, 'workload-2'],
      [nodePath, 'node-2'],
      [routePath, 'route-2'],
    ] as const) {
      const object = world.cluster.objects.get(path);
      if (object) world.cluster.put(path, { ...object, metadata: { ...object.metadata, uid } });
    }
    await expectSkip('not there any more');
  });

  test('when nobody opted in', async () => {
    for (const object of world.cluster.objects.values()) object.metadata['annotations'] = {};
    await expectSkip('has not opted in');
  });

  test('when the API server does not tell', async () => {
    world.cluster.read = () => Promise.reject(new KubernetesError('no answer', 0, 'NoAnswer'));
    const { order, fault } = world.prepared(spec);
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('cannot be checked') });
    expect(world.cluster.changes).toEqual([]);
  });
});

test('a process is killed by this very pid, once, and a second look does not find it', async () => {
  world.cluster.runsPrograms = true;
  const child = await start(['sleep', '98765.25']);
  const { order, fault } = world.prepared({ kind: 'container-process-kill', process: { argv: [{ prefix: '98765' }] } });
  const first = await fault.inject(order, never);
  expect(first).toMatchObject({ outcome: 'injected' });
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect(child.signalCode ?? stateOf(child.pid) ?? 'Z').toMatch(/SIGKILL|Z/);
  const next = await start(['sleep', '98765.25']);
  expect(await fault.inject(order, never)).toEqual(first);
  expect(stateOf(next.pid)).toMatch(/[RS]/);
});

test('a process is paused under a watchdog, prolonged, and runs on', async () => {
  world.cluster.runsPrograms = true;
  const child = await start(['sleep', '98765.25']);
  const { order, fault } = world.prepared({ kind: 'container-process-pause', process: { argv: ['98765.25'] } }, { leaseMs: 30_000 });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect(await fault.renew?.(order, never)).toBeUndefined();
  expect(stateOf(child.pid)).toBe('T');
  expect(await fault.revert(order, never)).toMatchObject({ undone: true, evidence: containing('runs') });
  expect(stateOf(child.pid)).toMatch(/[RS]/);
  expect(await fault.renew?.(order, never)).toMatch(/runs again/);
});

test.each(['pod-delete', 'pod-evict'])('%s: the answer was lost, so the effect decides, and never a second pod is hit', async (kind) => {
  const { order, fault } = world.prepared({ kind });
  world.cluster.after = silent;
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected', reason: containing('no answer') });
  world.cluster.put(podPath, podObject('pod-2')); // its replacement, of the same name
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  await fault.inject(order, never);
  expect(world.cluster.changes).toHaveLength(1);
});

test.each(['pod-delete', 'pod-evict'])('%s: the request was lost, so nothing is proven', async (kind) => {
  const { order, fault } = world.prepared({ kind, effectWithin: '300ms' });
  world.cluster.before = silent;
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
  expect(await fault.effect(order, never)).toMatchObject({ proven: false });
});

test('an attempt that was cut off between its intent and its record is settled by the cluster', async () => {
  const { order, fault } = world.prepared({ kind: 'pod-delete' });
  world.cluster.after = () => {
    throw new Error('kill -9');
  };
  const { journal } = world.ports;
  world.ports.journal = { ...journal, once: (entry, act, signal) => journal.once(entry, (earlier) => act(earlier).then(silent), signal) };
  await expect(fault.inject(order, never)).rejects.toThrow();
  world.ports.journal = journal;
  world.cluster.put(podPath, podObject('pod-2'));
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected', reason: containing('cut off') });
  expect(world.cluster.changes).toHaveLength(1);
});

test('403 is refused with the verb; a restarted container is another', async () => {
  world.cluster.before = () => {
    throw new KubernetesError('DELETE answered 403: pods "web" is forbidden: User "x" cannot delete resource "pods"', 403, 'Forbidden');
  };
  const denied = world.prepared({ kind: 'pod-delete' });
  expect(await denied.fault.inject(denied.order, never)).toMatchObject({ outcome: 'skipped', reason: containing('cannot delete') });
  world.cluster.put(podPath, podObject('pod-1', { containerID: 'containerd://two', restartCount: 1 }));
  const { order, fault } = world.prepared({ kind: 'container-kill' });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('restart count 0 → 1') });
});

test('a workload that was scaled to nothing has its replicas again', async () => {
  const { order, fault } = world.prepared({ kind: 'scale-down', to: 0 });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
  expect(await fault.effect(order, never)).toMatchObject({ proven: true });
  expect(await fault.revert(order, never)).toMatchObject({ undone: true, evidence: containing('3 replicas again') });
});

test('a scale-down without an answer is not called undone while it may still land', async () => {
  const { order, fault } = world.prepared({ kind: 'scale-down', by: 1 });
  world.cluster.before = silent;
  await fault.inject(order, never);
  world.cluster.before = () => undefined;
  expect(await fault.revert(order, never)).toMatchObject({ undone: false, evidence: containing('may still land') });
  (world.cluster.objects.get(deploymentPath)?.['spec'] as { replicas: number }).replicas = 2; // it lands
  expect(await fault.revert(order, never)).toMatchObject({ undone: true, evidence: containing('3 replicas again') });
});

test('a drain is refused by a pod that must not be hit', async () => {
  world.cluster.put('/api/v1/namespaces/kube-system/pods/dns', {
    ...podObject('dns'),
    metadata: { name: 'dns', namespace: 'kube-system', uid: 'dns' },
  });
  const { order, fault } = world.prepared({ kind: 'node-drain' });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('belongs to Kubernetes') });
  expect(world.cluster.changes).toEqual([]);
});

test('a budget that says no is named, also when only the eviction says so', async () => {
  world.cluster.refusedEviction = new KubernetesError('Cannot evict pod', 429, 'TooManyRequests', [
    { reason: 'DisruptionBudget', message: 'needs 3 healthy pods and has 3' },
  ]);
  const { order, fault } = world.prepared({ kind: 'pod-evict' });
  expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing('needs 3 healthy pods and has 3') });
});

describe('a spent disruption budget is foreseen', () => {
  const path = '/apis/policy/v1/namespaces/shop/poddisruptionbudgets';
  const budget = (name: string, disruptionsAllowed: number, app = 'web') =>
    world.cluster.put(`${path}/${name}`, {
      metadata: { name, namespace: 'shop', uid: name },
      spec: { selector: { matchLabels: { app } } },
      status: { disruptionsAllowed, currentHealthy: 2, desiredHealthy: 2, expectedPods: 2 },
    });
  const foresee = (mode: string) => faults['pod-evict'].foresee({ kind: 'pod-evict', mode }, world.ports, [world.targetFor('pod')], never);

  test.each(['respect', 'fill'])('%s: by name and numbers, and nothing is done', async (mode) => {
    budget('other', 0, 'search');
    budget('roomy', 1);
    expect(await foresee(mode)).toBeUndefined();
    budget('strict', 0);
    expect(await foresee(mode)).toMatch(/budget shop\/strict allows 0 disruptions: 2 of 2 pods healthy, 2 wanted$/);
    expect(world.cluster.changes).toEqual([]);
  });

  test('one that is counted anew within seconds is waited for', async () => {
    budget('strict', 0);
    setTimeout(() => budget('strict', 1), 700);
    expect(await foresee('respect')).toBeUndefined();
  });

  test('violate asks no budget; other faults foresee nothing; who is gone has none', async () => {
    budget('strict', 0);
    expect(await foresee('violate')).toBeUndefined();
    expect(await faults['pod-delete'].foresee({ kind: 'pod-delete' }, world.ports, [world.targetFor('pod')], never)).toBeUndefined();
    world.cluster.objects.delete(podPath);
    expect(await foresee('respect')).toBeUndefined();
  });
});
