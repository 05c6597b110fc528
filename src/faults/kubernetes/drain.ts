import { setTimeout as sleep } from 'node:timers/promises';
import { nodeOf } from '../../domain/kubernetes/identity.ts';
import { KubernetesError } from '../../domain/kubernetes/port.ts';
import { Pod } from '../../domain/kubernetes/objects.ts';
import { namespaceProtection } from '../../domain/kubernetes/protection.ts';
import { PODS } from '../../domain/kubernetes/resources.ts';
import type { Order } from '../../domain/order.ts';
import type { FaultPorts } from '../ports.ts';
import { protectionNow } from './opt-in.ts';
import { evict } from './removal.ts';

/** On the API's copy of a pod that a kubelet runs from a file of its own: an eviction does nothing to it. */
const MIRROR = 'kubernetes.io/config.mirror';
/** What is left of the order's time for a look at what became of it, milliseconds. */
const LOOK_MS = 2_500;
const TRY_AGAIN_MS = 500;

const nameOf = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name}`;
const isDaemon = ({ metadata }: Pod): boolean =>
  metadata.ownerReferences.some(({ kind, controller }) => controller && kind === 'DaemonSet');

/** The pods that a drain takes from a node: not those of DaemonSets, which would come back at once, nor mirrors, nor what has ended. */
export async function evictable({ kubernetes }: Pick<FaultPorts, 'kubernetes'>, order: Order, signal: AbortSignal): Promise<Pod[]> {
  const fieldSelector = `spec.nodeName=${nodeOf(order.target).name}`;
  const all = await kubernetes.list(PODS, { fieldSelector }, Pod, signal);
  return all.filter(
    (pod) => !isDaemon(pod) && pod.metadata.annotations[MIRROR] === undefined && !['Succeeded', 'Failed'].includes(pod.status.phase),
  );
}

/** How many pods are looked at side by side. */
const AT_ONCE = 8;

/**
 * Why the node must not be drained: each pod that would be evicted is looked at, and one that must not be hit keeps them all.
 * @param pods those that are evicted next, and nobody else
 */
export async function drainRefusal(ports: FaultPorts, pods: readonly Pod[], signal: AbortSignal): Promise<string | undefined> {
  const settings = await ports.kubernetes.protectedNamespaces();
  for (const pod of pods) {
    const why = namespaceProtection(pod.metadata.namespace ?? '', settings);
    if (why !== undefined) return `the node holds pod ${nameOf(pod)}, which ${why}`;
  }
  for (let from = 0; from < pods.length; from += AT_ONCE) {
    const some = pods.slice(from, from + AT_ONCE);
    const refusals = await Promise.all(some.map((pod) => protectionNow(ports, `pod ${pod.metadata.name}`, pod.metadata, signal)));
    const kept = refusals.findIndex((why) => why !== undefined);
    if (kept >= 0) return `the node holds pod ${nameOf(some[kept]!)}, which ${refusals[kept]}`;
  }
  return undefined;
}

/**
 * Evicts what is on the node, as its budgets allow, again and again until nothing is left or the order's time is over.
 * @returns what was left, with the reason; undefined when every pod was taken
 */
export async function evictAll(ports: FaultPorts, order: Order, signal: AbortSignal): Promise<string | undefined> {
  for (;;) {
    const rest = (await evictable(ports, order, signal)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const why = await drainRefusal(ports, rest, signal); // pods may have come before the cordon
    if (why !== undefined) return why;
    if (rest.length === 0) return undefined;
    const left: string[] = [];
    for (const pod of rest) {
      if (Date.now() > order.notAfterMs - LOOK_MS)
        return `the order's time is over, and ${rest.length} pods are left: ${left.join('; ')}`.slice(0, 500);
      const refused = await evictOne(ports, pod, signal);
      if (refused !== undefined) left.push(`${nameOf(pod)}: ${refused}`);
    }
    if (left.length > 0 && Date.now() > order.notAfterMs - LOOK_MS - TRY_AGAIN_MS) return left.join('; ').slice(0, 500);
    await sleep(left.length > 0 ? TRY_AGAIN_MS : 0, undefined, { signal });
  }
}

async function evictOne(ports: FaultPorts, { metadata }: Pod, signal: AbortSignal): Promise<string | undefined> {
  const { name, namespace = '', uid, labels } = metadata;
  try {
    return await evict(ports, { namespace, name, uid, labels }, undefined, signal);
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    return error.status === 404 || error.status === 409 ? undefined : error.message;
  }
}
