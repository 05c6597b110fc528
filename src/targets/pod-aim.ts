import { podTargetId } from '../domain/kubernetes/identity.ts';
import { isTrue, type Pod } from '../domain/kubernetes/objects.ts';
import { ownerName, type Owner } from '../domain/kubernetes/owners.ts';
import { meantContainer, pinContainer, runsSinceMs, statusOf, unreadyContainer } from '../domain/kubernetes/pod-state.ts';
import type { Target } from '../domain/target.ts';
import type { PodReadySpec } from './pod-spec.ts';

/** A pod with the container that would be hit, or why none can be. */
export type Aim = { pod: Pod; target: Target } & ({ container: string } | { why: string });

/** Makes the target of a pod. @param wanted name of the container; absent: the only one */
export function aim(pod: Pod, wanted: string | undefined, owner: Owner | undefined, site: string): Aim {
  const meant = meantContainer(pod, wanted);
  if ('why' in meant) return { pod, target: unpinned(pod, owner, site), why: meant.why };
  const identity = pinContainer(pod, meant.name);
  if (!identity) {
    const waiting = statusOf(pod, meant.name)?.state.waiting?.reason;
    const why = `its container ${meant.name} was never started${waiting === undefined ? '' : `: ${waiting}`}`;
    return { pod, target: unpinned(pod, owner, site, meant.name), why };
  }
  return { pod, container: meant.name, target: targetOf(pod, owner, site, meant.name, podTargetId(identity), identity) };
}

function targetOf(
  { metadata, spec }: Pod,
  owner: Owner | undefined,
  site: string,
  container: string | undefined,
  id: string,
  identity: Target['identity'],
): Target {
  const { name, namespace = '' } = metadata;
  const ours = {
    namespace,
    pod: name,
    ...(container !== undefined && { container }),
    ...(spec.nodeName !== undefined && { node: spec.nodeName }),
    ...(owner && { owner: ownerName(owner) }),
  };
  const shown = `${namespace}/${name}${container === undefined ? '' : ` (${container})`}`;
  return { kind: 'pod', id, site, name: shown, labels: { ...metadata.labels, ...ours }, identity };
}

/** One that can only be shown: no fault takes it for a victim, because it pins no container. */
const unpinned = (pod: Pod, owner: Owner | undefined, site: string, container?: string): Target => {
  const { name, namespace = '', uid } = pod.metadata;
  return targetOf(pod, owner, site, container, `pod:${uid}`, { namespace, pod: name, uid });
};

/** Why the container is not ready, by the cluster or by what the file asks beyond that. */
export function unreadyWhy(pod: Pod, container: string, ready: PodReadySpec | undefined): string | undefined {
  const why = unreadyContainer(pod, container);
  if (why !== undefined || !ready) return why;
  const missing = ready.conditions?.find((type) => !isTrue(pod.status.conditions, type));
  if (missing !== undefined) return `its condition ${missing} is not True`;
  if (ready.uptimeAtLeast === undefined) return undefined;
  const since = runsSinceMs(pod, container);
  if (since === undefined) return 'when it was started is not known';
  const upMs = Math.max(0, Date.now() - since);
  if (upMs >= ready.uptimeAtLeast) return undefined;
  return `it has been up for ${(upMs / 1_000).toFixed(1)} s, and is ready after ${ready.uptimeAtLeast / 1_000} s`;
}
