import * as z from 'zod';
import { AnyObject, Metadata } from '../../domain/kubernetes/objects.ts';
import type { KubernetesPort } from '../../domain/kubernetes/port.ts';
import { OPT_IN } from '../../domain/kubernetes/protection.ts';
import { PODS, REPLICA_SETS } from '../../domain/kubernetes/resources.ts';
import { ObjectSelector, selectorText } from '../../domain/kubernetes/revisions.ts';
import { workloadName, type NamedWorkload } from '../../domain/kubernetes/words.ts';

/** A workload with what selects its pods. */
export const SelectingWorkload = z.object({ metadata: Metadata, spec: z.object({ selector: ObjectSelector.optional() }) });
export type SelectingWorkload = z.infer<typeof SelectingWorkload>;

const TimedPod = z.object({
  metadata: Metadata,
  status: z.object({
    phase: z.string().default('Unknown'),
    conditions: z.array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string().nullish() })).default([]),
  }),
});
type TimedPod = z.infer<typeof TimedPod>;

/** Since when a pod has not been ready, epoch milliseconds; undefined when it is ready, finished, being deleted, or nothing tells. */
function unreadySinceMs({ metadata, status }: TimedPod): number | undefined {
  if (metadata.deletionTimestamp !== undefined || status.phase === 'Succeeded' || status.phase === 'Failed') return undefined;
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  const sinceMs = Date.parse((ready ? ready.lastTransitionTime : metadata.creationTimestamp) ?? '');
  return Number.isNaN(sinceMs) ? undefined : sinceMs;
}

/** Uids of what may control its pods: itself, or the ReplicaSets that it controls. */
async function controllers(
  kubernetes: KubernetesPort,
  named: NamedWorkload,
  uid: string,
  labelSelector: string,
  signal: AbortSignal,
): Promise<Set<string>> {
  if (named.workload === 'StatefulSet' || named.workload === 'DaemonSet') return new Set([uid]);
  const found = await kubernetes.list(REPLICA_SETS, { namespace: named.namespace, labelSelector }, AnyObject, signal);
  return new Set(found.filter(({ metadata }) => isControlledBy(metadata, new Set([uid]))).map(({ metadata }) => metadata.uid));
}

const isControlledBy = ({ ownerReferences }: z.infer<typeof Metadata>, uids: ReadonlySet<string>): boolean =>
  ownerReferences.some(({ uid, controller }) => controller && uids.has(uid));

/** A pod and what pins it. */
export interface StuckPod {
  name: string;
  uid: string;
}

/** Pods of the workload that have not been ready for so long, the longest first; none that opted out. `nowMs`: the worker's clock. */
export async function stuckPods(
  kubernetes: KubernetesPort,
  named: NamedWorkload,
  { metadata, spec }: SelectingWorkload,
  { notReadyForMs, nowMs }: { notReadyForMs: number; nowMs: number },
  signal: AbortSignal,
): Promise<StuckPod[]> {
  if (!spec.selector) throw new Error(`${workloadName(named)} has no selector: its pods cannot be found`);
  const labelSelector = selectorText(spec.selector);
  const owners = await controllers(kubernetes, named, metadata.uid, labelSelector, signal);
  const pods = await kubernetes.list(PODS, { namespace: named.namespace, labelSelector }, TimedPod, signal);
  return pods
    .filter((pod) => isControlledBy(pod.metadata, owners))
    .filter(({ metadata }) => (metadata.annotations[OPT_IN] ?? 'true') === 'true') // its workload said yes; what it says itself goes first
    .map((pod) => ({ name: pod.metadata.name, uid: pod.metadata.uid, sinceMs: unreadySinceMs(pod) ?? Infinity }))
    .filter(({ sinceMs }) => nowMs - sinceMs >= notReadyForMs)
    .sort((a, b) => a.sinceMs - b.sinceMs)
    .map(({ name, uid }) => ({ name, uid }));
}
