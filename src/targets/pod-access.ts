import type { AccessRule } from '../domain/kubernetes/access.ts';
import { ownsThroughSets, WORKLOADS } from '../domain/kubernetes/owners.ts';
import type { PodQuery } from './pod-spec.ts';

/** Kinds of workload that opting in is read of when the file names none. Argo's are not on every cluster: a file that means one names it. */
const USUAL = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** What finding pods needs of the cluster. */
export function accessOfPods({ namespace, owner, nodes, exclude }: PodQuery): AccessRule[] {
  const kinds = new Set<string>(owner ? [owner.kind] : USUAL);
  const isBehindSets = [...kinds, exclude?.owner?.kind].some(ownsThroughSets);
  return [
    { group: '', resource: 'pods', verbs: ['list'], namespace },
    { group: '', resource: 'namespaces', verbs: ['get'], namespace },
    ...(isBehindSets ? [{ group: 'apps', resource: 'replicasets', verbs: ['list'], namespace }] : []),
    ...[...kinds].flatMap((kind): AccessRule[] => {
      const resource = WORKLOADS[kind];
      return resource ? [{ group: resource.group, resource: resource.plural, verbs: ['get'], namespace }] : [];
    }),
    ...(nodes ? [{ group: '', resource: 'nodes', verbs: ['list'] }] : []),
  ];
}
