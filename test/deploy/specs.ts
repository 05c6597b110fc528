import type { AccessRule } from '../../src/domain/kubernetes/access.ts';
import type { Spec } from '../../src/domain/order.ts';
import { faults } from '../../src/faults/index.ts';
import { providers } from '../../src/probes/index.ts';
import { remedies } from '../../src/remedies/index.ts';
import { targets } from '../../src/targets/index.ts';

const namespace = 'payments';
const workload = { namespace, name: 'payment-worker' };
const process = { argv: ['worker.js'] };
const debugImage = 'registry.example.com/busybox:1.36';
const selector = 'app=payment-worker';
const routes = {
  '': { kind: 'http-route', namespace, name: 'payments', canary: 'payments-canary' },
  ':linkerd-http-route': { kind: 'linkerd-http-route', namespace, name: 'payments', canary: 'payments-canary' },
  ':virtual-service': { kind: 'virtual-service', namespace, name: 'payments', canary: 'payments', subset: 'canary' },
  ':traffic-split': { kind: 'traffic-split', namespace, name: 'payments', canary: 'payments-canary' },
  ':service-subset': { kind: 'service-subset', namespace, name: 'payments', canary: { track: 'canary' }, others: { track: 'stable' } },
};
/** One entry for each kind of route. */
const ofEachRoute = (kind: string, more: object = {}) =>
  Object.fromEntries(Object.entries(routes).map(([variant, route]) => [`${kind}${variant}`, { route, ...more }]));

/**
 * The least that a file says of each kind that needs a cluster, and `KIND:VARIANT` for what needs more than that.
 * These are the names that the chart's values take.
 */
const specs: Record<Catalogue, Record<string, Record<string, unknown>>> = {
  targets: {
    pod: { namespace, selector },
    'pod:nodes': { namespace, selector, nodes: { zone: 'a' } },
    'pod:StatefulSet': { namespace, owner: { kind: 'StatefulSet', name: 'x' } },
    'pod:Rollout': { namespace, owner: { kind: 'Rollout', name: 'x' } },
    workload: { workload: 'Deployment', ...workload },
    'workload:StatefulSet': { workload: 'StatefulSet', ...workload },
    'workload:Rollout': { workload: 'Rollout', ...workload },
    node: { selector: 'pool=chaos' },
    ...ofEachRoute('route'),
  },
  faults: {
    'container-process-kill': { process },
    'container-process-kill:debugImage': { process, debugImage },
    'container-process-pause': { process },
    'container-kill': {},
    'container-kill:debugImage': { debugImage },
    'pod-delete': {},
    'pod-evict': { mode: 'respect' },
    'pod-evict:violate': { mode: 'violate' },
    'scale-down': { to: 1 },
    'node-cordon': {},
    'node-drain': {},
    ...ofEachRoute('traffic-share', { share: '0%' }),
  },
  probes: {
    'kubernetes-workload': { ...workload, metric: 'ready' },
    'kubernetes-workload:StatefulSet': { ...workload, workload: 'StatefulSet', metric: 'ready' },
    'kubernetes-workload:DaemonSet': { ...workload, workload: 'DaemonSet', metric: 'ready' },
    'kubernetes-workload:Rollout': { ...workload, workload: 'Rollout', metric: 'ready' },
    'kubernetes-pods': { namespace, selector, metric: 'ready' },
    'kubernetes-events': { namespace },
    'kubernetes-disruption-budget': { ...workload, metric: 'disruptions-allowed' },
    'kubernetes-autoscaler': { ...workload, metric: 'current' },
    'kubernetes-node': { node: 'node-1', metric: 'not-ready' },
    'kubernetes-node:selector': { selector: 'pool=chaos', metric: 'not-ready' },
    'kubernetes-node:usage': { node: 'node-1', metric: 'cpu' },
    'kubernetes-node:kubelet': { node: 'node-1', metric: 'disk' },
  },
  remedies: {
    'kubernetes-scale': { ...workload, replicas: 4 },
    'kubernetes-scale:StatefulSet': { ...workload, workload: 'StatefulSet', replicas: 4 },
    'kubernetes-restart': { ...workload },
    'kubernetes-restart:StatefulSet': { ...workload, workload: 'StatefulSet' },
    'kubernetes-rollout-undo': { ...workload },
    'argo-rollout': { ...workload, action: 'abort' },
    'argo-rollout:undo': { ...workload, action: 'undo' },
    'kubernetes-delete-pod': { ...workload, notReadyFor: '5m' },
    'kubernetes-uncordon': { node: 'node-1' },
  },
};

const catalogues = { targets, faults, probes: providers, remedies };
export type Catalogue = keyof typeof catalogues;
type Entry = { access(spec: Spec, namespace?: string): readonly AccessRule[]; schema: { parse(spec: unknown): unknown } };

/** A rule of the chart's table. */
export interface TableRule {
  group: string;
  resource: string;
  verbs: string[];
  /** Granted by a ClusterRole only. */
  cluster?: true;
}
export type Table = Record<Catalogue, Record<string, TableRule[]>>;

function rulesOf(catalogue: Catalogue, name: string, spec: Record<string, unknown>): TableRule[] {
  const kind = name.split(':')[0] ?? name;
  const entry = (catalogues[catalogue] as unknown as Record<string, Entry>)[kind];
  if (!entry) throw new Error(`${catalogue}: there is no kind '${kind}'`);
  const isOfCluster = catalogue === 'faults' && kind.startsWith('node-');
  const rules = entry.access({ kind, ...spec }, isOfCluster ? undefined : namespace);
  const byResource = new Map<string, TableRule>();
  for (const { group, resource, verbs, namespace: where } of rules) {
    const key = [where ?? '', group, resource].join(' ');
    const known = byResource.get(key)?.verbs ?? [];
    byResource.set(key, {
      group,
      resource,
      verbs: [...new Set([...known, ...verbs])].sort(),
      ...(where === undefined && { cluster: true as const }),
    });
  }
  return [...byResource].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

/** What the catalogues need, as the chart's files/access.yaml must say it. */
export const tableOfCatalogues = (): Table =>
  Object.fromEntries(
    Object.entries(specs).map(([catalogue, named]) => [
      catalogue,
      Object.fromEntries(Object.entries(named).map(([name, spec]) => [name, rulesOf(catalogue as Catalogue, name, spec)])),
    ]),
  ) as Table;

/** Kinds of the catalogues that have something to do with a cluster, by name. */
export const clusterKinds = (catalogue: Catalogue): string[] =>
  Object.keys(catalogues[catalogue]).filter((kind) =>
    /^(kubernetes-|argo-|container-|pod-|pod$|scale-down|traffic-share|node|route$|workload$)/.test(kind),
  );
