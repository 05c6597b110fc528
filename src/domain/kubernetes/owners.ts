import type { Metadata } from './objects.ts';
import type * as z from 'zod';
import { DAEMON_SETS, DEPLOYMENTS, REPLICA_SETS, ROLLOUTS, STATEFUL_SETS, type Resource } from './resources.ts';

/** What keeps a pod alive: as an owner reference says it. */
export interface Owner {
  kind: string;
  name: string;
  uid: string;
}

type WorkloadOrSet = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Rollout' | 'ReplicaSet';

/** The kinds of workload that may opt in for their pods, and where they are found. */
export const WORKLOADS: Readonly<Record<string, Resource> & Record<WorkloadOrSet, Resource>> = {
  Deployment: DEPLOYMENTS,
  StatefulSet: STATEFUL_SETS,
  DaemonSet: DAEMON_SETS,
  Rollout: ROLLOUTS,
  ReplicaSet: REPLICA_SETS,
};

/** Who controls an object; undefined when nobody does. */
export function controllerOf({ ownerReferences }: Pick<z.infer<typeof Metadata>, 'ownerReferences'>): Owner | undefined {
  const found = ownerReferences.find(({ controller }) => controller);
  return found && { kind: found.kind, name: found.name, uid: found.uid };
}

/** What a person calls it: `Deployment web`. */
export const ownerName = ({ kind, name }: Pick<Owner, 'kind' | 'name'>): string => `${kind} ${name}`;

/** Whether workloads of this kind own their pods through ReplicaSets. */
export const ownsThroughSets = (kind: string | undefined): boolean => kind === 'Deployment' || kind === 'Rollout';
