import { joinSelectors, meetsLabels, parseLabelSelector } from '../domain/kubernetes/label-selector.ts';
import { Pod } from '../domain/kubernetes/objects.ts';
import { controllerOf, ownsThroughSets } from '../domain/kubernetes/owners.ts';
import type { KubernetesPort } from '../domain/kubernetes/port.ts';
import { namespaceProtection, ownProtection } from '../domain/kubernetes/protection.ts';
import { PODS } from '../domain/kubernetes/resources.ts';
import { lifelessPod, runsSinceMs } from '../domain/kubernetes/pod-state.ts';
import type { Population } from '../domain/target.ts';
import { defineTarget } from './define.ts';
import { findConsent } from './kubernetes-consent.ts';
import { listNodes } from './kubernetes-nodes.ts';
import { findOwners, isOwnedBy, mayBelong, mayBeOwnedBy, type Belonging } from './kubernetes-owners.ts';
import { accessOfPods } from './pod-access.ts';
import { PodTargetSpec, type PodQuery } from './pod-spec.ts';
import { aim, unreadyWhy, type Aim } from './pod-aim.ts';

/** Containers of pods, pinned by pod UID, container id and restart count. */
export const podTarget = defineTarget('pod', {
  schema: PodTargetSpec,
  doc: {
    summary:
      'Containers of pods of one namespace. Only what opted in by the annotation `breakwater.dev/enabled: "true"` on the pod, its workload or its namespace (the nearest that speaks decides); never `kube-*`, the namespaces that the site protects, or pods labelled `app.kubernetes.io/name: breakwater`.',
  },
  access: accessOfPods,
  discover: ({ kubernetes }, { kind: _kind, ...query }, site, signal) => findPods(kubernetes, query, site, signal),
});

/** One that the criteria select. */
type Found = Aim & { belonging: Belonging };

/**
 * Finds pods. Requests: a list of pods in pages, a list of nodes where their facts are asked for, a list of ReplicaSets, and one read of each
 * workload and of the namespace; never one for a pod.
 * @throws KubernetesError when the API server refuses or does not answer
 */
export async function findPods(kubernetes: KubernetesPort, query: PodQuery, site: string, signal: AbortSignal): Promise<Population> {
  const { namespace, owner } = query;
  const listed = await listPods(kubernetes, query, signal);
  const pods = owner === undefined ? listed : listed.filter(({ metadata }) => mayBelong(controllerOf(metadata), owner));
  const isBehindSets = [owner?.kind, query.exclude?.owner?.kind].some(ownsThroughSets);
  const belongingOf = await findOwners(kubernetes, namespace, pods, isBehindSets, signal);
  const found = pods
    .map((pod) => ({ pod, belonging: belongingOf(pod) }))
    .filter(({ belonging }) => owner === undefined || isOwnedBy(belonging, owner))
    .map(({ pod, belonging }): Found => ({ ...aim(pod, query.container, belonging.owner, site), belonging }));
  const reasons = await protect(kubernetes, query, found, signal);
  return populate(found, reasons, query);
}

async function listPods(kubernetes: KubernetesPort, query: PodQuery, signal: AbortSignal): Promise<Pod[]> {
  const { namespace, selector, labels, fields, phase, nodes } = query;
  const labelSelector = joinSelectors(labels, selector);
  const fieldSelector = [...(phase === undefined ? [] : [`status.phase=${phase}`]), ...(fields === undefined ? [] : [fields])].join(',');
  const asked = { namespace, ...(labelSelector !== undefined && { labelSelector }), ...(fieldSelector !== '' && { fieldSelector }) };
  const pods = await kubernetes.list(PODS, asked, Pod, signal);
  if (!nodes) return pods;
  const names = new Set((await listNodes(kubernetes, nodes, signal)).map(({ metadata }) => metadata.name));
  return pods.filter(({ spec }) => spec.nodeName !== undefined && names.has(spec.nodeName));
}

/** Why each must not be hit, in their order. Opting in is asked only of those that nothing else protects. */
async function protect(
  kubernetes: KubernetesPort,
  query: PodQuery,
  found: readonly Found[],
  signal: AbortSignal,
): Promise<(string | undefined)[]> {
  const guarded = namespaceProtection(query.namespace, await kubernetes.protectedNamespaces());
  const isExcluded = excluder(query.exclude);
  const reasons = found.map(
    (one) =>
      guarded ??
      ownProtection(one.pod.metadata.labels) ??
      (isExcluded(one) ? 'excluded by the file' : undefined) ??
      lifelessPod(one.pod) ??
      (one.pod.metadata.deletionTimestamp === undefined ? undefined : 'is terminating') ??
      ('why' in one ? one.why : undefined),
  );
  const asked = found.filter((_, i) => reasons[i] === undefined);
  const consent = await findConsent(
    kubernetes,
    query.namespace,
    asked.map(({ pod: { metadata }, belonging }) => ({ what: `pod ${metadata.name}`, annotations: metadata.annotations, belonging })),
    signal,
  );
  const refused = new Map(asked.map((one, i) => [one, consent[i]]));
  return found.map((one, i) => reasons[i] ?? refused.get(one));
}

function excluder(exclude: PodQuery['exclude']): (found: Found) => boolean {
  const requirements = exclude?.selector === undefined ? undefined : parseLabelSelector(exclude.selector);
  return ({ pod: { metadata }, belonging }) =>
    (requirements !== undefined && meetsLabels(requirements, metadata.labels)) ||
    (exclude?.owner !== undefined && mayBeOwnedBy(belonging, exclude.owner)) ||
    (exclude?.names?.includes(metadata.name) ?? false);
}

function populate(found: readonly Found[], reasons: readonly (string | undefined)[], { ready }: PodQuery): Population {
  const population: Population = { targets: [], protected: [], unready: [] };
  const startedAtMs: Record<string, number> = {};
  found.forEach((one, i) => {
    const { target, pod } = one;
    if ('why' in one || reasons[i] !== undefined) {
      population.protected.push({ target, why: reasons[i] ?? ('why' in one ? one.why : '') });
      return;
    }
    population.targets.push(target);
    const [since, unready] = [runsSinceMs(pod, one.container), unreadyWhy(pod, one.container, ready)];
    if (since !== undefined) startedAtMs[target.id] = since;
    if (unready !== undefined) population.unready.push({ id: target.id, name: target.name, why: unready });
  });
  return { ...population, startedAtMs };
}
