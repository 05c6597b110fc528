import type * as z from 'zod';
import type { AccessRule } from '../../domain/kubernetes/access.ts';
import { AnyObject, type Metadata } from '../../domain/kubernetes/objects.ts';
import { KubernetesError, type KubernetesPort, type Patch } from '../../domain/kubernetes/port.ts';
import { namespaceProtection, optInRefusal, ownProtection } from '../../domain/kubernetes/protection.ts';
import { NAMESPACES } from '../../domain/kubernetes/resources.ts';
import { NamespaceName, ObjectName, WorkloadKind, workloadName, workloadRef, type NamedWorkload } from '../../domain/kubernetes/words.ts';

/** How a remedy's file names its workload. */
export const workloadFields = {
  workload: WorkloadKind.default('Deployment'),
  namespace: NamespaceName,
  name: ObjectName.describe('name of the workload'),
};

/** What every remedy of a workload needs of the cluster. */
export function workloadAccess(named: NamedWorkload): AccessRule[] {
  const { resource, namespace = '' } = workloadRef(named);
  return [
    { group: resource.group, resource: resource.plural, verbs: ['get', 'patch'], namespace },
    { group: '', resource: 'namespaces', verbs: ['get'], namespace },
  ];
}

type Meta = z.infer<typeof Metadata>;

/**
 * The workload as it is now, if Breakwater may act on it: remedies ask the same of it as faults do.
 * @throws Error when it is protected, has not opted in, or is not there
 */
export async function optedIn<T extends { metadata: Meta }>(
  kubernetes: KubernetesPort,
  named: NamedWorkload,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const { namespace } = named;
  const isProtected = namespaceProtection(namespace, await kubernetes.protectedNamespaces());
  if (isProtected !== undefined) throw new Error(`${workloadName(named)} ${isProtected}`);
  const found = await kubernetes.read(workloadRef(named), schema, signal);
  if (!found) throw new Error(`there is no ${workloadName(named)}`);
  const isOurs = ownProtection(found.metadata.labels);
  if (isOurs !== undefined) throw new Error(`${workloadName(named)} ${isOurs}`);
  const refusal = optInRefusal([
    { what: workloadName(named), annotations: found.metadata.annotations },
    { what: `namespace ${namespace}`, annotations: await namespaceAnnotations(kubernetes, namespace, signal) },
  ]);
  if (refusal !== undefined) throw new Error(`${workloadName(named)} ${refusal}`);
  return found;
}

export const namespaceAnnotations = async (kubernetes: KubernetesPort, namespace: string, signal: AbortSignal) =>
  (await kubernetes.read({ resource: NAMESPACES, name: namespace }, AnyObject, signal))?.metadata.annotations;

/** What is to be changed, and the sentence for the record. Without a patch there is nothing to do. */
export interface Change {
  patch?: Patch;
  said: string;
}

const TRIES = 8;

/**
 * Changes a workload as it is now: `decide` gets it, and its patch must carry the resource version, so that what somebody else wrote
 * meanwhile is looked at before anything is done (409), again from the start.
 * @throws Error when it may not be acted on, or is written to all the time
 */
export async function changeWorkload<T extends { metadata: Meta }>(
  kubernetes: KubernetesPort,
  named: NamedWorkload,
  schema: z.ZodType<T>,
  decide: (workload: T) => Change | Promise<Change>,
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const { patch, said } = await decide(await optedIn(kubernetes, named, schema, signal));
    if (!patch) return said;
    try {
      await kubernetes.patch(workloadRef(named), patch, signal);
      return said;
    } catch (error) {
      if (!isConflict(error) || attempt === TRIES) throw error;
    }
  }
}

export const isConflict = (error: unknown): boolean => error instanceof KubernetesError && error.status === 409;
