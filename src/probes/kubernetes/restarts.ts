import type { ContainerStatus, Pod } from '../../domain/kubernetes/objects.ts';

/** Containers of pods, each by what no other has: the pod's UID and its own name. */
const containersOf = (pods: readonly Pod[]): [key: string, status: ContainerStatus][] =>
  pods.flatMap(({ metadata, status }) =>
    status.containerStatuses.map((container): [string, ContainerStatus] => [`${metadata.uid} ${container.name}`, container]),
  );

/** Counts what happened since its first call, which gives nothing: all that it finds is older. */
export type CountSince = (pods: readonly Pod[]) => number | undefined;

/**
 * Restarts. A container that was not there in the call before was born since, and all its restarts count;
 * a count below the last one began anew. Those that are gone are forgotten: a UID never comes back.
 */
export function countRestarts(): CountSince {
  let before: Map<string, number> | undefined;
  let total = 0;
  return (pods) => {
    const now = new Map(containersOf(pods).map(([key, { restartCount }]) => [key, restartCount]));
    const last = before;
    before = now;
    if (!last) return undefined;
    for (const [key, count] of now) {
      const had = last.get(key) ?? 0;
      total += count >= had ? count - had : count;
    }
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

/** OOM kills, each once. */
export function countOomKills(): CountSince {
  let before: Set<string> | undefined;
  let total = 0;
  return (pods) => {
    const now = new Set(containersOf(pods).flatMap(oomKills));
    const last = before;
    before = now;
    if (!last) return undefined;
    for (const kill of now) if (!last.has(kill)) total += 1;
    return total;
  };
}
