import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { accessNeedsOf } from '../../src/activities/access-rules.ts';
import { createFaultActivities } from '../../src/activities/faults.ts';
import { checkFence } from '../../src/activities/fences.ts';
import type { SitePorts } from '../../src/activities/ports.ts';
import { createPrepare, type Preparation } from '../../src/activities/prepare.ts';
import { createPreview, type Preview } from '../../src/activities/preview.ts';
import { openSurvivors } from '../../src/adapters/process/index.ts';
import { describeNeed } from '../../src/domain/kubernetes/access.ts';
import { KubernetesError } from '../../src/domain/kubernetes/port.ts';
import type { Injection, Order, Spec } from '../../src/domain/order.ts';
import { makePlan } from '../../src/language/digest.ts';
import { resolveWaves } from '../../src/domain/plan.ts';
import { fenceFault } from '../../src/domain/traffic/order.ts';
import { parseDocument } from '../../src/language/experiment.ts';
import type { TargetPorts } from '../../src/targets/ports.ts';
import { trafficLines } from '../../src/cli/traffic-view.ts';
import { orderFor } from '../adapters/process/harness/children.ts';
import { deploymentPath, routePath, World } from '../faults/harness/kubernetes.ts';
import { MemoryLeases } from '../support/leases.ts';
import { experimentDocument, fenced } from '../workflows/harness/document.ts';
import { containing } from '../workflows/harness/expectations.ts';

const never = new AbortController().signal;
const { set: _, ...capped } = fenced;
let world: World;
beforeEach(() => (world = new World()));
afterEach(() => world.end());

const targetPorts = () => ({ kubernetes: world.cluster }) as unknown as TargetPorts;
/** Workloads as targets, and nothing to measure. */
const documentWith = (traffic: object) =>
  experimentDocument({
    site: 'here',
    traffic,
    targets: { kind: 'workload', namespace: 'shop', workload: 'Deployment', name: 'web' },
    fault: { kind: 'scale-down', by: 1 },
  });
const check = (traffic: object) => checkFence(parseDocument(documentWith(traffic)), targetPorts(), never);
const share = (canary: number) => {
  const object = world.cluster.objects.get(routePath)!;
  const { rules } = object['spec'] as { rules: { backendRefs: { weight: number }[] }[] };
  [100 - canary, canary].forEach((weight, i) => (rules[0]!.backendRefs[i]!.weight = weight));
};

describe('before a wave', () => {
  test('a canary above its cap is an obstacle that names route, share and cap; at its cap it is none', async () => {
    expect(await check(capped)).toEqual({
      fence: { share: 0.2, place: 'rules[0]' },
      unmet: [
        {
          probe: 'traffic of http-route shop/web',
          tolerance: 'at most 5%',
          why: 'the share of web-canary in http-route shop/web is 20% (rules[0]), and at most 5% are allowed',
        },
      ],
    });
    share(5);
    expect((await check(capped))?.unmet).toEqual([]);
    expect(await checkFence(parseDocument(experimentDocument()), targetPorts(), never)).toBeUndefined();
  });

  test.each([
    ['a route that is not there', () => world.cluster.objects.delete(routePath), /not known: there is no http-route shop\/web/],
    [
      'a route that nobody serves',
      () => delete world.cluster.objects.get(routePath)!['status'],
      /not known: no controller has accepted it/,
    ],
    [
      'an answer that is none',
      () => (world.cluster.objects.get(routePath)!['spec'] = { rules: 'many' }),
      /not known: its rules cannot be read/,
    ],
    [
      'a reader who may not read',
      () => (world.cluster.read = () => Promise.reject(new KubernetesError('GET answered 403', 403, 'Forbidden'))),
      /not known: GET answered 403/,
    ],
  ])('%s is an obstacle, with `set` and without', async (__, spoil, why) => {
    spoil();
    for (const traffic of [capped, fenced])
      expect((await check(traffic))?.unmet).toMatchObject([{ why: expect.stringMatching(why) as unknown }]);
  });

  test('a cluster that does not answer is asked again: the activity fails, and is tried once more', async () => {
    world.cluster.read = () => Promise.reject(new KubernetesError('no answer', 0, 'NoAnswer'));
    await expect(check(capped)).rejects.toThrow('no answer');
  });

  test('with `set`, what it is now does not matter, and the route is pinned; one that has not opted in is an obstacle', async () => {
    expect(await check(fenced)).toMatchObject({
      fence: { share: 0.2, target: { kind: 'route', id: 'route:http-route:route-1' } },
      unmet: [],
    });
    world.cluster.objects.get(routePath)!.metadata['annotations'] = {};
    expect((await check(fenced))?.unmet).toMatchObject([{ why: containing('it cannot be set: http-route shop/web has not opted in') }]);
    share(5);
    expect((await check(capped))?.unmet).toEqual([]); // to be read it needs nobody's consent
  });

  test('it is part of every preparation, and of the plan', async () => {
    const experiment = { ...parseDocument(documentWith(capped)), probes: {}, steadyState: [], stopConditions: [] };
    const ports = { targets: targetPorts(), probes: { nowMs: Date.now }, records: {} } as unknown as SitePorts;
    const granted = () => Promise.resolve(undefined);
    const [wave] = resolveWaves(experiment);
    const place = { workflowId: 'run', wave: 'dry-run', iteration: 0, phase: 'baseline' as const };
    const input = { experiment, wave: wave!, place, seed: 1, alreadyHit: [] };
    const prepared: Preparation = await new MockActivityEnvironment().run(createPrepare(ports, granted).prepareWave, input);
    expect(prepared).toMatchObject({ fence: { share: 0.2 }, unmet: [{ probe: 'traffic of http-route shop/web' }] });
    const preview: Preview = await new MockActivityEnvironment().run(createPreview(ports, granted).previewWaves, experiment, 1);
    const lines = trafficLines(experiment.traffic, preview.traffic, (__, text) => text).join('\n');
    expect(lines).toBe(
      '\nTraffic\n  http-route shop/web  web-canary gets 20% now (rules[0])\n  at most 5%\n' +
        '  in the way  the share of web-canary in http-route shop/web is 20% (rules[0]), and at most 5% are allowed',
    );
    const setting = parseDocument(documentWith(fenced)).traffic;
    expect(trafficLines(setting, undefined, (__, text) => text).join('\n')).toMatch(
      /not looked at\n  at most 5%; each live iteration sets 5%, and takes it back/,
    );
  });
});

describe('at the instant of the deed', () => {
  const activities = () =>
    createFaultActivities(world.ports, {
      site: 'here',
      targets: targetPorts(),
      survivors: openSurvivors(join(world.dir, 'survivors')),
      leases: new MemoryLeases(),
    });
  const { route, maxShare } = parseDocument(documentWith(capped)).traffic!;
  const orderOf = (spec: Spec, kind: string, change: Partial<Order> = {}): Order =>
    orderFor(world.targetFor(kind), spec, { survivors: { targets: spec, atLeast: 0 }, ...change });
  const inject = (order: Order): Promise<Injection> => new MockActivityEnvironment().run(activities().injectFault, order);
  const scaleDown = { kind: 'scale-down', by: 1 };

  test('nobody is hit while the canary gets more than its cap, or nobody knows what it gets', async () => {
    const cap = { traffic: { route, maxShare } };
    expect(await inject(orderOf(scaleDown, 'workload', cap))).toMatchObject({
      outcome: 'skipped',
      reason: containing('is 20% (rules[0])'),
    });
    delete world.cluster.objects.get(routePath)!['status'];
    expect(await inject(orderOf(scaleDown, 'workload', cap))).toMatchObject({ outcome: 'skipped', reason: containing('is not known') });
    expect(world.cluster.changes).toEqual([]);
    world.cluster.objects.get(routePath)!['status'] = { parents: [{ conditions: [{ type: 'Accepted', status: 'True' }] }] };
    share(5);
    expect(await inject(orderOf(scaleDown, 'workload', cap))).toMatchObject({ outcome: 'injected', effect: { proven: true } });
  });

  test('a fence takes no victim’s place, and its own only once', async () => {
    const place = { workflowId: 'run', wave: 'single', iteration: 0, victimsPlanned: 1 };
    const fence = orderOf(fenceFault({ route }, 0.05), 'route', { ...place, isFence: true });
    expect(await inject(fence)).toMatchObject({ outcome: 'injected', effect: { proven: true } });
    expect(await inject(orderOf(scaleDown, 'workload', place))).toMatchObject({ outcome: 'injected' });
    for (const more of [orderOf(scaleDown, 'workload', place), { ...fence, key: 'another' }])
      expect(await inject(more)).toMatchObject({ outcome: 'skipped', reason: containing('one too many') });
  });

  test('what somebody else has changed is not tried again', async () => {
    const fence = orderOf(fenceFault({ route }, 0.05), 'route', { isFence: true });
    await inject(fence);
    share(50);
    const failure = await new MockActivityEnvironment().run(activities().revertFault, fence).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({
      type: 'NotUndone',
      nonRetryable: true,
      message: containing('kubectl edit httproutes.gateway.networking.k8s.io web -n shop'),
    });
    expect(world.cluster.objects.get(deploymentPath)).toBeDefined();
  });

  test('an answer that was lost is settled by what the cluster shows, and undone while it may still land', async () => {
    const fence = orderOf(fenceFault({ route }, 0.05), 'route', { isFence: true });
    world.cluster.before = () => {
      throw new KubernetesError('no answer', 0, 'NoAnswer');
    };
    expect(await inject({ ...fence, fault: { ...fence.fault, effectWithin: '100ms' } })).toMatchObject({
      outcome: 'injected',
      effect: { proven: false },
    });
    world.cluster.before = () => undefined;
    const early = await new MockActivityEnvironment().run(activities().revertFault, fence).catch((error: unknown) => error);
    expect(early).toMatchObject({ nonRetryable: false, message: containing('may still land') });
  });
});

test('access: a cap needs to read, `set` to patch the very kind of route, and the namespace for its consent', () => {
  const needs = (traffic: object) => accessNeedsOf(parseDocument(experimentDocument({ traffic }))).map(describeNeed);
  expect(needs(capped)).toEqual(['get httproutes.gateway.networking.k8s.io in namespace shop']);
  expect(needs(fenced)).toEqual([
    'get namespaces in namespace shop',
    'get httproutes.gateway.networking.k8s.io in namespace shop',
    'patch httproutes.gateway.networking.k8s.io in namespace shop',
  ]);
  const service = { kind: 'service-subset', namespace: 'shop', name: 'web', canary: { track: 'canary' } };
  expect(needs({ route: service, maxShare: '5%' })).toEqual([
    'list pods in namespace shop',
    'get services in namespace shop',
    'list endpointslices.discovery.k8s.io in namespace shop',
  ]);
});

test('a plan knows that a fence must be undone; without `set` there is none', () => {
  expect(makePlan(experimentDocument({ traffic: fenced }), 1, 1).reversible).toEqual({ 'process-pause': true, 'traffic-share': true });
  expect(makePlan(experimentDocument({ traffic: capped }), 1, 1).reversible).toEqual({ 'process-pause': true });
});
