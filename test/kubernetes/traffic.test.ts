import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openLeases } from '../../src/adapters/leases/index.ts';
import { livingReaper, reaperFolder } from '../../src/adapters/leases/reaper-process.ts';
import { saveCluster } from '../../src/adapters/kubernetes/settings-file.ts';
import { linuxSource } from '../../src/adapters/process/linux.ts';
import type { Target } from '../../src/domain/target.ts';
import { kubectlResource } from '../../src/domain/traffic/resources.ts';
import { routeName, type Route } from '../../src/domain/traffic/route.ts';
import { trafficRefusal, viewShare } from '../../src/faults/kubernetes/share.ts';
import { routeTarget } from '../../src/targets/route.ts';
import { compileReaper } from '../adapters/leases/harness/site.ts';
import { containing } from '../adapters/process/harness/children.ts';
import { apply, describeWithCluster, kubeconfig, kubectl, kubectlWithInput } from '../support/cluster.ts';
import { routeDefinitions } from '../support/route-definitions.ts';
import { never, Stage } from './harness/faults.ts';

interface Raw {
  metadata: { managedFields: { manager: string; operation: string; fieldsV1: { 'f:spec'?: Record<string, unknown> } }[] };
  spec: Record<string, unknown>;
}
type Body = Record<string, unknown>;

const backend = (name: string, weight: number) => ({ name, port: 80, weight });
const httpRoute: Body = {
  hostnames: ['web.example.com'],
  parentRefs: [{ name: 'gateway' }],
  rules: [
    { matches: [{ path: { type: 'PathPrefix', value: '/docs' } }], backendRefs: [backend('docs', 7)] },
    {
      matches: [{ headers: [{ name: 'x-a', value: 'b' }], path: { type: 'Exact', value: '/pay' } }],
      filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'x-c', value: 'd' }] } }],
      timeouts: { request: '5s' },
      backendRefs: [backend('web', 80), backend('web-canary', 20)],
    },
  ],
};
const to = (subset: string, weight: number) => ({
  destination: { host: 'web', subset },
  weight,
  headers: { request: { set: { v: subset } } },
});
const specs: Record<
  Exclude<Route['kind'], 'service-subset'>,
  { kind: string; version: string; spec: Body; route: Pick<Route, 'canary'> & Body }
> = {
  'http-route': { kind: 'HTTPRoute', version: 'gateway.networking.k8s.io/v1', spec: httpRoute, route: { canary: 'web-canary' } },
  'linkerd-http-route': { kind: 'HTTPRoute', version: 'policy.linkerd.io/v1beta3', spec: httpRoute, route: { canary: 'web-canary' } },
  'virtual-service': {
    kind: 'VirtualService',
    version: 'networking.istio.io/v1beta1',
    spec: {
      hosts: ['web'],
      http: [{ name: 'first', timeout: '3s', retries: { attempts: 2 }, route: [to('stable', 80), to('canary', 20)] }],
      tcp: [{ route: [to('stable', 1)] }],
    },
    route: { canary: 'web', subset: 'canary' },
  },
  'traffic-split': {
    kind: 'TrafficSplit',
    version: 'split.smi-spec.io/v1alpha2',
    spec: {
      service: 'web',
      backends: [
        { service: 'web-stable', weight: 80 },
        { service: 'web-canary', weight: 20 },
      ],
    },
    route: { canary: 'web-canary' },
  },
};
const OWNER = 'their-pipeline';

describeWithCluster('traffic of a real cluster', () => {
  let stage: Stage;
  beforeAll(async () => {
    await apply(...routeDefinitions);
    for (const definition of routeDefinitions as { metadata: { name: string } }[])
      await kubectl('wait', '--for=condition=Established', `customresourcedefinition/${definition.metadata.name}`, '--timeout=30s');
    stage = new Stage();
    await stage.begin();
  }, 60_000);
  afterAll(() => stage.end()); // the definitions stay: other suites of the same cluster use them

  const raw = async (route: Route): Promise<Raw> =>
    JSON.parse(
      await kubectl('get', kubectlResource(route.kind), route.name, '-n', stage.namespace, '-o', 'json', '--show-managed-fields'),
    ) as Raw;

  /** As a pipeline applies: by the server, under a name of its own, and without force. */
  const theyApply = (kind: keyof typeof specs, name: string, spec = specs[kind].spec) =>
    kubectlWithInput(
      { apiVersion: specs[kind].version, kind: specs[kind].kind, metadata: { name, namespace: stage.namespace }, spec },
      ...['apply', '--server-side', `--field-manager=${OWNER}`, '-f', '-'],
    );

  /** What a controller does: accepts the route as it is now. */
  const accept = async (kind: keyof typeof specs, name: string, observedGeneration?: number) => {
    if (specs[kind].kind !== 'HTTPRoute') return;
    const lastTransitionTime = new Date().toISOString();
    const accepted = {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: '',
      lastTransitionTime,
      ...(observedGeneration && { observedGeneration }),
    };
    const status = { parents: [{ parentRef: { name: 'gateway' }, controllerName: 'example.com/x', conditions: [accepted] }] };
    const args = ['patch', `${kubectlResource(kind)}/${name}`, '-n', stage.namespace, '--subresource=status', '--type=merge'];
    await kubectl(...args, '-p', JSON.stringify({ status }));
  };

  const routeOf = (kind: keyof typeof specs, name: string): Route =>
    ({ kind, namespace: stage.namespace, name, ...specs[kind].route }) as Route;

  const found = async (route: Route): Promise<Target> => {
    const ports = { kubernetes: stage.kubernetes } as Parameters<typeof routeTarget.discover>[1];
    const { targets } = await routeTarget.discover({ kind: 'route', route }, ports, 'here', never);
    return targets[0]!;
  };

  const begun = async (kind: keyof typeof specs, name: string) => {
    await theyApply(kind, name);
    await accept(kind, name);
    const route = routeOf(kind, name);
    return { route, before: await raw(route), ...stage.prepared(await found(route), { kind: 'traffic-share', route, share: '5%' }) };
  };

  const ownersOf = ({ metadata }: Raw, section: string): string[] =>
    metadata.managedFields.filter(({ fieldsV1 }) => `f:${section}` in (fieldsV1['f:spec'] ?? {})).map(({ manager }) => manager);

  describe.each(Object.keys(specs) as (keyof typeof specs)[])('%s', (kind) => {
    const section = { 'http-route': 'rules', 'linkerd-http-route': 'rules', 'virtual-service': 'http', 'traffic-split': 'backends' }[kind];

    test('is set and restored with all that is in it, and whoever owned the list owns it again', async () => {
      const { route, before, order, fault } = await begun(kind, 'web');
      expect(await viewShare(stage.ports, route, never)).toMatchObject({ share: 0.2 });
      expect(await trafficRefusal(stage.ports, { route, maxShare: 0.05 }, never)).toMatch(/is 20% .* at most 5%/);

      const first = await fault.inject(order, never);
      expect(first).toMatchObject({ outcome: 'injected' });
      expect(await fault.effect(order, never)).toMatchObject({ proven: true, evidence: containing(' 5% (') });
      expect(await trafficRefusal(stage.ports, { route, maxShare: 0.05 }, never)).toBeUndefined();
      expect(await fault.inject(order, never)).toEqual(first);
      const fenced = await raw(route);
      const expected = JSON.parse(
        JSON.stringify(before.spec).replace(/"weight":(80|20)/g, (_, weight) => `"weight":${weight === '80' ? 95 : 5}`),
      ) as Body;
      expect(fenced.spec).toEqual(expected);
      expect(ownersOf(fenced, section)).toEqual(['breakwater']);
      await expect(theyApply(kind, 'web')).rejects.toThrow(/conflict.*breakwater/s);

      expect(await fault.revert(order, never)).toMatchObject({ undone: true, evidence: containing('as before') });
      expect(await fault.revert(order, never)).toMatchObject({ undone: true });
      const after = await raw(route);
      expect(after.spec).toEqual(before.spec);
      expect(ownersOf(after, section)).toEqual([OWNER]);
      expect(after.metadata.managedFields.map(({ manager }) => manager).filter((name) => name === 'breakwater')).toEqual([]);
      await theyApply(kind, 'web');
      expect((await raw(route)).spec).toEqual(before.spec);
    });

    test('that somebody else changed meanwhile is left alone, and said', async () => {
      const { route, order, fault } = await begun(kind, 'theirs');
      expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
      expect(await fault.renew?.(order, never)).toBeUndefined();
      const spec = JSON.parse(JSON.stringify(specs[kind].spec).replace('"weight":20', '"weight":40')) as Body;
      const forced = ['apply', '--server-side', `--field-manager=${OWNER}`, '--force-conflicts', '-f', '-'];
      await kubectlWithInput(
        { apiVersion: specs[kind].version, kind: specs[kind].kind, metadata: { name: 'theirs', namespace: stage.namespace }, spec },
        ...forced,
      );
      const theirs = await raw(route);
      expect(await fault.renew?.(order, never)).toMatch(/changed by somebody else/);
      expect(await fault.revert(order, never)).toMatchObject({ undone: false, isFinal: true, evidence: containing('kubectl edit') });
      expect((await raw(route)).spec).toEqual(theirs.spec);
      // a person has looked and has put the weights of before back: nothing is owed any more
      await theyApply(kind, 'theirs');
      expect(await fault.revert(order, never)).toMatchObject({ undone: true });
    });
  });

  test('an HTTPRoute whose controller has not seen the new weights proves nothing; once it has, they hold', async () => {
    const { route, order, fault } = await begun('http-route', 'slow');
    const { metadata } = JSON.parse(await kubectl('get', kubectlResource(route.kind), 'slow', '-n', stage.namespace, '-o', 'json')) as {
      metadata: { generation: number };
    };
    await accept('http-route', 'slow', metadata.generation);
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    const impatient = stage.prepared(order.target, { ...order.fault, effectWithin: '500ms' }, { key: order.key });
    const evidence = containing(`has seen generation ${metadata.generation} of it, and this is ${metadata.generation + 1}`);
    expect(await impatient.fault.effect(impatient.order, never)).toMatchObject({ proven: false, evidence });
    await accept('http-route', 'slow', metadata.generation + 1);
    expect(await fault.effect(order, never)).toMatchObject({ proven: true });
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
  });

  test('two fences in two sections of one VirtualService: neither takes the other’s away, nor its owners', async () => {
    const kind = 'virtual-service';
    const spec = { ...specs[kind].spec, tcp: [{ route: [to('old', 60), to('new', 40)] }] };
    await theyApply(kind, 'shared', spec);
    const fence = async (subset: string) => {
      const route: Route = { kind, namespace: stage.namespace, name: 'shared', canary: 'web', subset };
      const { order, fault } = stage.prepared(await found(route), { kind: 'traffic-share', route, share: '5%' });
      return { order, fault, route };
    };
    const [http, tcp] = [await fence('canary'), await fence('new')];
    const before = await raw(http.route);
    for (const { order, fault } of [http, tcp]) expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    const both = await raw(http.route);
    expect(both.spec).toEqual({
      ...before.spec,
      http: JSON.parse(
        JSON.stringify(before.spec['http']).replace('"weight":80', '"weight":95').replace('"weight":20', '"weight":5'),
      ) as unknown,
      tcp: [{ route: [to('old', 95), to('new', 5)] }],
    });
    expect(['http', 'tcp'].map((section) => ownersOf(both, section))).toEqual([['breakwater'], ['breakwater']]);

    expect(await http.fault.revert(http.order, never)).toMatchObject({ undone: true });
    const one = await raw(http.route);
    expect(one.spec).toEqual({ ...both.spec, http: before.spec['http'] });
    expect(['http', 'tcp'].map((section) => ownersOf(one, section))).toEqual([[OWNER], ['breakwater']]);
    expect(await tcp.fault.effect(tcp.order, never)).toMatchObject({ proven: true });

    expect(await tcp.fault.revert(tcp.order, never)).toMatchObject({ undone: true });
    const after = await raw(http.route);
    expect(after.spec).toEqual(before.spec);
    expect(['http', 'tcp'].map((section) => ownersOf(after, section))).toEqual([[OWNER], [OWNER]]);
    await theyApply(kind, 'shared', spec);
  });

  test('that somebody else has changed stays theirs, also when it is what was set once more, and whoever asks later', async () => {
    const { route, before, order, fault } = await begun('traffic-split', 'kept');
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    const write = async (weights: [number, number]) => {
      const backends = weights.map((weight, i) => ({ service: i === 0 ? 'web-stable' : 'web-canary', weight }));
      const args = ['patch', `${kubectlResource(route.kind)}/kept`, '-n', stage.namespace, '--type=merge'];
      await kubectl(...args, '-p', JSON.stringify({ spec: { backends } }));
    };
    await write([70, 30]);
    expect(await fault.revert(order, never)).toMatchObject({ undone: false, isFinal: true });
    await write([95, 5]);
    const theirs = await raw(route);
    expect(await fault.revert(order, never)).toMatchObject({ undone: false, isFinal: true });
    expect(await raw(route)).toEqual(theirs);
    await write([80, 20]);
    expect(await fault.revert(order, never)).toMatchObject({ undone: true, evidence: containing('by somebody else') });
    expect((await raw(route)).spec).toEqual(before.spec);
  });

  test('a change that comes between the look and the write is not overwritten', async () => {
    const { order, before } = await begun('http-route', 'raced');
    const route = routeOf('http-route', 'raced');
    let races = 2;
    const racing = {
      ...stage.kubernetes,
      patch: async (...given: Parameters<typeof stage.kubernetes.patch>) => {
        if (given[1].kind === 'apply' && races-- > 0)
          await kubectl(
            'patch',
            `${kubectlResource(route.kind)}/raced`,
            '-n',
            stage.namespace,
            '--type=merge',
            '-p',
            JSON.stringify({ spec: { hostnames: [`${races}.example.com`] } }),
          );
        return stage.kubernetes.patch(...given);
      },
    };
    const { fault } = stage.prepared(order.target, order.fault, {}, { ...stage.ports, kubernetes: racing });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
    expect(races).toBeLessThanOrEqual(0);
    expect((await raw(route)).spec).toEqual({ ...before.spec, hostnames: ['0.example.com'] });
  });

  test('a controller that writes the status all the time keeps nobody from having the list back', async () => {
    const { order, before } = await begun('http-route', 'busy');
    let races = 3;
    const racing = {
      ...stage.kubernetes,
      patch: async (...given: Parameters<typeof stage.kubernetes.patch>) => {
        if (given[1].kind === 'json' && races-- > 0) await accept('http-route', 'busy');
        return stage.kubernetes.patch(...given);
      },
    };
    const { fault } = stage.prepared(order.target, order.fault, { key: order.key }, { ...stage.ports, kubernetes: racing });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    expect(await fault.revert(order, never)).toMatchObject({
      undone: true,
      evidence: expect.not.stringContaining('still owns') as unknown,
    });
    expect(races).toBeLessThanOrEqual(0);
    const after = await raw(routeOf('http-route', 'busy'));
    expect([after.spec, ownersOf(after, 'rules')]).toEqual([before.spec, [OWNER]]);
  });

  test('a Service: its canary is counted by its ready endpoints, taken out by its selector, and put back', async () => {
    const pods = [
      ['a', 'stable'],
      ['b', 'stable'],
      ['c', 'canary'],
    ] as const;
    for (const [name, track] of pods) {
      await stage.startPod(`svc-${name}`, { command: ['sleep', '1000'] });
      await kubectl('label', 'pod', `svc-${name}`, '-n', stage.namespace, '--overwrite', 'app=svc', `track=${track}`);
    }
    await apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'svc', namespace: stage.namespace },
      spec: { selector: { app: 'svc' }, ports: [{ port: 80 }] },
    });
    const route: Route = {
      kind: 'service-subset',
      namespace: stage.namespace,
      name: 'svc',
      canary: { track: 'canary' },
      others: { track: 'stable' },
    };
    await stage.until('three endpoints', async () => (await viewShare(stage.ports, route, never)).place === '1 of 3 ready endpoints');
    const before = await raw(route);
    for (const [others, why] of [
      [{ track: 'stabel' }, 'nobody would be left to answer'],
      [{ app: 'svc' }, 'pods of the canary have app=svc too'],
    ] as const) {
      const wrong = stage.prepared(await found(route), { kind: 'traffic-share', route: { ...route, others }, share: '0%' });
      expect(await wrong.fault.inject(wrong.order, never)).toMatchObject({ outcome: 'skipped', reason: containing(why) });
    }
    expect(await raw(route)).toEqual(before);
    const { order, fault } = stage.prepared(await found(route), { kind: 'traffic-share', route, share: '0%' });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'injected' });
    expect(await fault.effect(order, never)).toMatchObject({ proven: true, evidence: containing('0 of 2 ready endpoints') });
    expect((await raw(route)).spec['selector']).toEqual({ app: 'svc', track: 'stable' });
    expect(await fault.revert(order, never)).toMatchObject({ undone: true });
    const after = await raw(route);
    expect(after.spec).toEqual(before.spec);
    expect(ownersOf(after, 'selector')).toEqual(ownersOf(before, 'selector'));
    await stage.until('the canary is back', async () => (await viewShare(stage.ports, route, never)).place === '1 of 3 ready endpoints');
  }, 60_000);

  test('worker gone: the reaper restores it when the lease is over', async () => {
    const { folder, entry } = compileReaper();
    const stateDir = stage.dir;
    const { route, before, order, fault } = await begun('http-route', 'orphan');
    const leased = { ...order, leaseMs: 2_000 };
    await saveCluster(stateDir, { kubeconfig: kubeconfig(), protectedNamespaces: [] });
    const leases = openLeases(stateDir, { entry, env: { PATH: process.env['PATH'] ?? '' } });
    try {
      await leases.arm(leased, never);
      expect(await fault.inject(leased, never)).toMatchObject({ outcome: 'injected' }); // and nobody does anything more
      await stage.until('it is as before', async () => JSON.stringify((await raw(route)).spec) === JSON.stringify(before.spec));
      const { reversal } = await stage.until('the journal says so', async () => {
        const record = await stage.ports.journal.read(order.key);
        return record.reversal && record;
      });
      expect(reversal).toMatchObject({ undone: true, evidence: containing('the lease ran out') });
      expect(ownersOf(await raw(route), 'rules')).toEqual([OWNER]);
    } finally {
      const reaper = livingReaper(reaperFolder(stateDir, linuxSource), linuxSource);
      if (reaper) process.kill(reaper.pid, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
      rmSync(join(stateDir, 'cluster.json'), { force: true });
    }
  }, 60_000);

  test('who has not opted in is not changed, and its share is read all the same', async () => {
    await theyApply('traffic-split', 'shut');
    await kubectl('annotate', `${kubectlResource('traffic-split')}/shut`, '-n', stage.namespace, 'breakwater.dev/enabled=false');
    const route = routeOf('traffic-split', 'shut');
    const ports = { kubernetes: stage.kubernetes } as Parameters<typeof routeTarget.discover>[1];
    const { targets, protected: kept } = await routeTarget.discover({ kind: 'route', route }, ports, 'here', never);
    expect(targets).toEqual([]);
    const { order, fault } = stage.prepared(kept[0]!.target, { kind: 'traffic-share', route, share: '5%' });
    expect(await fault.inject(order, never)).toMatchObject({ outcome: 'skipped', reason: containing(`of ${routeName(route)} is 'false'`) });
    expect(await viewShare(stage.ports, route, never)).toMatchObject({ share: 0.2 });
    expect(await viewShare(stage.ports, { ...route, name: 'nobody' }, never)).toEqual({
      unknown: `there is no traffic-split ${stage.namespace}/nobody`,
    });
  });
});
