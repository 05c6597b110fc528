import { AnyObject, type Metadata as MetadataSchema } from '../../domain/kubernetes/objects.ts';
import type * as z from 'zod';
import { controllerOf, ownerName, WORKLOADS } from '../../domain/kubernetes/owners.ts';
import { namespaceProtection, OPT_IN, optInRefusal, ownProtection, type Annotated } from '../../domain/kubernetes/protection.ts';
import { NAMESPACES } from '../../domain/kubernetes/resources.ts';
import type { FaultPorts } from '../ports.ts';

type Metadata = z.infer<typeof MetadataSchema>;

/** A pod's ReplicaSet, and its Deployment. */
const GENERATIONS = 2;

/**
 * Why a thing in a namespace must not be hit now, from the live objects: its namespace is protected, or nobody opted in. Unknown is refused.
 * Reads no further up than the first annotation.
 * @param what as a person calls it
 */
export async function protectionNow(
  { kubernetes }: Pick<FaultPorts, 'kubernetes'>,
  what: string,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace } = metadata;
  if (namespace === undefined) return 'is in no namespace';
  const why = namespaceProtection(namespace, await kubernetes.protectedNamespaces()) ?? ownProtection(metadata.labels);
  if (why !== undefined) return why;
  const chain: Annotated[] = [{ what, annotations: metadata.annotations }];
  const says = (): boolean => chain.at(-1)?.annotations?.[OPT_IN] !== undefined;
  let child = metadata;
  for (let generation = 0; generation < GENERATIONS && !says(); generation++) {
    const owner = controllerOf(child);
    const resource = owner && WORKLOADS[owner.kind];
    if (!resource) break;
    const found = await kubernetes.read({ resource, namespace, name: owner.name }, AnyObject, signal);
    if (!found || found.metadata.uid !== owner.uid)
      return `has not opted in, as far as is known: ${ownerName(owner)} is gone, or another has its name`;
    child = found.metadata;
    // a Deployment's annotations are copied to its ReplicaSets and not taken away again: they do not say what it says now
    const isCopy = owner.kind === 'ReplicaSet' && controllerOf(child) !== undefined;
    if (!isCopy) chain.push({ what: ownerName(owner), annotations: child.annotations });
  }
  if (!says()) {
    const found = await kubernetes.read({ resource: NAMESPACES, name: namespace }, AnyObject, signal);
    chain.push({ what: `namespace ${namespace}`, annotations: found?.metadata.annotations });
  }
  return optInRefusal(chain);
}
