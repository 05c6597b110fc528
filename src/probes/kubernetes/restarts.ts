import type { ContainerStatus, Pod } from '../../domain/kubernetes/objects.ts';

/** Containers of pods, each by what no other has: the pod's UID and its own name. */
const containersOf = (pods: readonly Pod[]): [key: string, status: ContainerStatus][] =>
  pods.flatMap(({ metadata, status }) =>
    status.containerStatuses.map((container): [string, ContainerStatus] => [`${metadata.uid} ${container.name}`, container]),
  );

/**
 * Counts restarts since its first call. A container that was not there in the call before was born since, and all its restarts count;
 * a count below the last one began anew. Those that are gone are forgotten: a UID never comes back.
 */
export function countRestarts(): (pods: readonly Pod[]) => number {
  let before: Map<string, number> | undefined;
  let total = 0;
  return (pods) => {
    const now = new Map(containersOf(pods).map(([key, { restartCount }]) => [key, restartCount]));
    if (before)
      for (const [key, count] of now) {
        const last = before.get(key) ?? 0;
        total += count >= last ? count - last : count;
      }
    before = now;
    return total;
  };
}

/** Lives of a container that the kernel ended for want of memory, as far as the kubelet still tells: this one and the one before. */
function oomKills([key, { containerID, restartCount, state, lastState }]: [string, ContainerStatus]): string[] {
  const ended = [
    { life: restartCount, end: state.terminated },
    { life: restartCount - 1, end: lastState.terminated },
  ];
  return ended.filter(({ end }) => end?.reason === 'OOMKilled').map(({ life, end }) => `${key} ${life} ${end?.finishedAt ?? containerID}`);
}

/** Counts OOM kills since its first call: those that it finds then are older. */
export function countOomKills(): (pods: readonly Pod[]) => number {
  let before: Set<string> | undefined;
  let total = 0;
  return (pods) => {
    const now = new Set(containersOf(pods).flatMap(oomKills));
    if (before) for (const kill of now) if (!before.has(kill)) total += 1;
    before = now;
    return total;
  };
}
