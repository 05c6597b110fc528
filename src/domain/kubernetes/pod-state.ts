import { isTrue, type ContainerStatus, type Pod } from './objects.ts';
import type { ContainerIdentity } from './identity.ts';

/** The container that is meant, or why none can be. @param wanted absent: the only one */
export function meantContainer({ spec }: Pod, wanted: string | undefined): { name: string } | { why: string } {
  const names = spec.containers.map(({ name }) => name);
  if (wanted !== undefined)
    return names.includes(wanted) ? { name: wanted } : { why: `has no container '${wanted}'; it has ${names.join(', ')}` };
  const [only] = names;
  if (only !== undefined && names.length === 1) return { name: only };
  return { why: `has several containers (${names.join(', ')}): say which, such as container: ${only ?? 'NAME'}` };
}

/** The container's state as the kubelet last told it; undefined before it told any. */
export const statusOf = ({ status }: Pod, container: string): ContainerStatus | undefined =>
  status.containerStatuses.find(({ name }) => name === container);

/** What pins the container; undefined when it was never started, because nothing does then. */
export function pinContainer(pod: Pod, container: string): ContainerIdentity | undefined {
  const { name, namespace, uid } = pod.metadata;
  const { containerID: containerId = '', restartCount = 0 } = statusOf(pod, container) ?? {};
  const node = pod.spec.nodeName;
  if (containerId === '' || namespace === undefined || node === undefined) return undefined;
  return { namespace, pod: name, uid, container, containerId, restartCount, node };
}

/** Why nothing of this pod lives; undefined when its containers run or may run. */
export function lifelessPod({ status: { phase, conditions } }: Pod): string | undefined {
  if (phase === 'Succeeded' || phase === 'Failed') return `is ${phase}: it lives no more`;
  if (phase !== 'Pending') return undefined;
  const { reason, message } = conditions.find(({ type, status }) => type === 'PodScheduled' && status !== 'True') ?? {};
  return ['is Pending', reason, message].filter((part) => part !== undefined && part !== '').join(': ');
}

/** Why the container is not ready to serve; undefined when it is: it runs, it and its pod are ready, and nobody deletes the pod. */
export function unreadyContainer(pod: Pod, container: string): string | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return 'terminating';
  const { state, ready } = statusOf(pod, container) ?? { state: {}, ready: false };
  if (state.waiting) return state.waiting.reason ?? 'waiting to be started';
  if (state.terminated) return `terminated: ${state.terminated.reason ?? 'ended'}, exit code ${state.terminated.exitCode ?? 'unknown'}`;
  if (ready && isTrue(pod.status.conditions, 'Ready')) return undefined;
  const { reason, message } = pod.status.conditions.find(({ type }) => type === 'Ready') ?? {};
  return `not Ready: ${[reason, message].filter((part) => part !== undefined && part !== '').join(': ') || `container ${container}`}`;
}

/** Since when the container runs, epoch milliseconds. */
export function runsSinceMs(pod: Pod, container: string): number | undefined {
  const at = Date.parse(statusOf(pod, container)?.state.running?.startedAt ?? '');
  return Number.isNaN(at) ? undefined : at;
}
