import { AnyObject, type Pod } from '../domain/kubernetes/objects.ts';
import { controllerOf, ownerName, ownsThroughSets, type Owner } from '../domain/kubernetes/owners.ts';
import { KubernetesError, type KubernetesPort } from '../domain/kubernetes/port.ts';
import { REPLICA_SETS } from '../domain/kubernetes/resources.ts';
import type { OwnerSpec } from './kubernetes-words.ts';

/** Who a pod belongs to. */
export interface Belonging {
  /** The workload; or, where it cannot be known, what stands between. Undefined: nobody's pod. */
  owner?: Owner;
  /** Why the workload behind it is not known. */
  unknown?: string;
}

const REPLICA_SET = 'ReplicaSet';

/**
 * Finds the workload of each pod: one list of ReplicaSets, and none where no pod belongs to one.
 * @param isNeeded without the workloads nothing can be selected: then a refusal is an error
 * @throws KubernetesError when the API server does not answer
 */
export async function findOwners(
  kubernetes: KubernetesPort,
  namespace: string,
  pods: readonly Pod[],
  isNeeded: boolean,
  signal: AbortSignal,
): Promise<(pod: Pod) => Belonging> {
  const isBehind = pods.some(({ metadata }) => controllerOf(metadata)?.kind === REPLICA_SET);
  const sets = isBehind ? await replicaSets(kubernetes, namespace, isNeeded, signal) : new Map<string, Owner | undefined>();
  return ({ metadata }) => {
    const owner = controllerOf(metadata);
    if (owner?.kind !== REPLICA_SET) return owner ? { owner } : {};
    if (sets === 'forbidden') return { owner, unknown: `list replicasets.apps in namespace ${namespace} is not allowed` };
    if (!sets.has(owner.uid)) return { owner, unknown: `${ownerName(owner)} is gone` };
    return { owner: sets.get(owner.uid) ?? owner };
  };
}

/** ReplicaSets by UID, with who controls each. */
async function replicaSets(
  kubernetes: KubernetesPort,
  namespace: string,
  isNeeded: boolean,
  signal: AbortSignal,
): Promise<Map<string, Owner | undefined> | 'forbidden'> {
  try {
    const found = await kubernetes.list(REPLICA_SETS, { namespace }, AnyObject, signal);
    return new Map(found.map(({ metadata }) => [metadata.uid, controllerOf(metadata)]));
  } catch (error) {
    if (isNeeded || !isForbidden(error)) throw error;
    return 'forbidden';
  }
}

/** Whether a pod with this controller may belong to the workload that the file names, as far as can be told without its ReplicaSet. */
export const mayBelong = (controller: Owner | undefined, { kind }: OwnerSpec): boolean =>
  controller?.kind === (ownsThroughSets(kind) ? REPLICA_SET : kind);

/** Whether the API server refused because a verb is missing. */
export const isForbidden = (error: unknown): boolean => error instanceof KubernetesError && error.status === 403;

/** Whether it is the workload that the file names. What is not known is not. */
export const isOwnedBy = ({ owner, unknown }: Belonging, wanted: OwnerSpec): boolean =>
  unknown === undefined && owner?.kind === wanted.kind && owner.name === wanted.name;

/** Whether it is, or may be, the workload that the file excludes. */
export const mayBeOwnedBy = ({ owner, unknown }: Belonging, wanted: OwnerSpec): boolean =>
  unknown !== undefined || (owner?.kind === wanted.kind && owner.name === wanted.name);
