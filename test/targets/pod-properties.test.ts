import fc from 'fast-check';
import { targets } from '../../src/targets/index.ts';
import { memoryCluster, type RawObject } from '../support/memory-cluster.ts';
import { controlledBy, namespace, pod, thing } from './kubernetes-objects.ts';

const never = new AbortController().signal;
const unused = {} as never;
const annotations = fc.constantFrom(
  {},
  { 'breakwater.dev/enabled': 'true' },
  { 'breakwater.dev/enabled': 'false' },
  { 'breakwater.dev/enabled': 'yes' },
);
const value = fc.constantFrom('a', 'b', 'c');
const labels = fc.record(
  { app: value, tier: value, 'app.kubernetes.io/name': fc.constantFrom('shop', 'breakwater') },
  { requiredKeys: [] },
);
const workload = fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet', 'Rollout');

/** One pod as the test knows it: what it is, not how the API writes it. */
interface Known {
  labels: Record<string, string | undefined>;
  said: Record<string, string>;
  space: string;
  node: string;
  phase: string;
  owner: { kind: string; name: string } | undefined;
  containers: string[];
  dying: boolean;
}

const known: fc.Arbitrary<Known> = fc.record({
  labels,
  said: annotations,
  space: fc.constantFrom('shop', 'shop', 'shop', 'bank'),
  node: fc.constantFrom('n1', 'n2', 'n3'),
  phase: fc.constantFrom('Running', 'Running', 'Pending', 'Succeeded', 'Failed'),
  owner: fc.option(fc.record({ kind: workload, name: fc.constantFrom('web', 'db') }), { nil: undefined }),
  containers: fc.constantFrom(['main'], ['main', 'proxy'], ['proxy']),
  dying: fc.boolean(),
});

/** Set-based requirements with what each means, in the test's own words. */
const requirement = fc.oneof(
  value.map((v) => ({ text: `app=${v}`, means: ({ app }: Known['labels']) => app === v })),
  value.map((v) => ({ text: `app in (${v},a)`, means: ({ app }: Known['labels']) => app === v || app === 'a' })),
  value.map((v) => ({ text: `tier != ${v}`, means: ({ tier }: Known['labels']) => tier !== v })),
  value.map((v) => ({ text: `tier notin (${v}, b)`, means: ({ tier }: Known['labels']) => tier !== v && tier !== 'b' })),
  fc.constant({ text: 'tier', means: ({ tier }: Known['labels']) => tier !== undefined }),
  fc.constant({ text: '!tier', means: ({ tier }: Known['labels']) => tier === undefined }),
);
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const criteria = fc.record({
  requirements: fc.array(requirement, { maxLength: 3 }),
  app: value,
  owner: some(fc.record({ kind: workload, name: fc.constantFrom('web', 'db') })),
  zone: some(fc.constantFrom('z1', 'z2')),
  container: some(fc.constantFrom('main', 'proxy')),
  excluded: some(requirement),
  names: some(fc.constant<string[]>(['p0', 'p3'])),
});

const sameOwner = (a: Known['owner'], b: Known['owner']) => a?.kind === b?.kind && a?.name === b?.name;
const behindSet = (kind: string) => kind === 'Deployment' || kind === 'Rollout';
const PLURAL: Record<string, string> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Rollout: 'rollouts',
};
const ZONE: Record<string, string> = { n1: 'z1', n2: 'z1', n3: 'z2' };

const asObject = ({ labels: all, said, space, node, phase, owner, containers, dying }: Known, i: number): RawObject => {
  const reference =
    owner && (behindSet(owner.kind) ? controlledBy('ReplicaSet', `${owner.kind}-${owner.name}`) : controlledBy(owner.kind, owner.name));
  const metadata = {
    namespace: space,
    labels: all,
    annotations: said,
    ...reference,
    ...(dying && { deletionTimestamp: '2026-11-24T10:00:00Z' }),
  };
  return pod(`p${i}`, { containers, node, phase, metadata });
};

test('nobody is a target whom any criterion, exclusion or refusal leaves out, and nobody else is left out', () =>
  fc.assert(
    fc.asyncProperty(fc.array(known, { maxLength: 12 }), criteria, annotations, annotations, async (pods, wanted, ofWorkload, ofSpace) => {
      const kinds = Object.keys(PLURAL).flatMap((kind) => ['web', 'db'].map((name) => ({ kind, name })));
      const objects: Record<string, RawObject[]> = {
        pods: pods.map(asObject),
        namespaces: [namespace({ annotations: ofSpace })],
        nodes: Object.entries(ZONE).map(([name, zone]) => ({
          metadata: { name, uid: name, labels: { 'topology.kubernetes.io/zone': zone } },
        })),
        replicasets: kinds
          .filter(({ kind }) => behindSet(kind))
          .map(({ kind, name }) => thing('ReplicaSet', `${kind}-${name}`, controlledBy(kind, name))),
      };
      for (const { kind, name } of kinds) (objects[PLURAL[kind] ?? ''] ??= []).push(thing(kind, name, { annotations: ofWorkload }));
      const { requirements, app, owner, zone, container, excluded, names } = wanted;
      const spec = {
        ...{ kind: 'pod', namespace: 'shop', labels: { app } },
        ...(requirements.length > 0 && { selector: requirements.map(({ text }) => text).join(',') }),
        ...(owner && { owner }),
        ...(zone !== undefined && { nodes: { zone } }),
        ...(container !== undefined && { container }),
        ...((excluded ?? names) !== undefined && { exclude: { ...(excluded && { selector: excluded.text }), ...(names && { names }) } }),
      };
      const found = await targets.pod.discover(
        spec,
        { processes: unused, readiness: unused, kubernetes: memoryCluster(objects) },
        'here',
        never,
      );

      const isSelected = (one: Known) =>
        one.space === 'shop' &&
        one.phase === 'Running' &&
        one.labels['app'] === app &&
        requirements.every(({ means }) => means(one.labels)) &&
        (!owner || sameOwner(one.owner, owner)) &&
        (zone === undefined || ZONE[one.node] === zone);
      const spoke = (one: Known) =>
        [one.said, one.owner ? ofWorkload : {}, ofSpace]
          .map((said) => (said as Known['said'])['breakwater.dev/enabled'])
          .find((said) => said !== undefined);
      const mayBeHit = (one: Known, i: number) =>
        spoke(one) === 'true' &&
        !one.dying &&
        one.labels['app.kubernetes.io/name'] !== 'breakwater' &&
        !(excluded?.means(one.labels) ?? false) &&
        !(names?.includes(`p${i}`) ?? false) &&
        (container === undefined ? one.containers.length === 1 : one.containers.includes(container));
      const namesOf = (isOne: (one: Known, i: number) => boolean) => pods.flatMap((one, i) => (isOne(one, i) ? [`p${i}`] : []));
      expect(found.targets.map(({ labels: all }) => all['pod'])).toEqual(namesOf((one, i) => isSelected(one) && mayBeHit(one, i)));
      expect(found.protected.map(({ target }) => target.labels['pod'])).toEqual(namesOf((one, i) => isSelected(one) && !mayBeHit(one, i)));
      expect(found.unready).toEqual([]);
      for (const { labels: all, identity } of found.targets)
        expect(identity['container']).toBe(container ?? pods[Number(all['pod']?.slice(1))]?.containers[0]);
    }),
    { numRuns: 300 },
  ));
