import { isTrue, type Node, type Workload } from './objects.ts';

/**
 * Why a workload is not whole; undefined when as many replicas are available as it asks for. What its controller has not looked at yet is not known, so not whole.
 */
export function unreadyWorkload({ metadata, spec, status }: Workload): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return 'terminating';
  const wanted = spec.replicas ?? 1; // the API's default
  if (wanted === 0) return 'it is scaled to 0 replicas';
  const { observedGeneration, availableReplicas: available = 0 } = status;
  // Argo Rollouts tells it as a text, and in old versions as a hash
  const seen = Number(observedGeneration ?? NaN);
  if (metadata.generation !== undefined && seen < metadata.generation) return 'its controller has not seen its newest specification';
  return available >= wanted ? undefined : `${available} of ${wanted} replicas are available`;
}

/** Why a node is not fit for pods; undefined when it is Ready and not cordoned. */
export function unreadyNode({ metadata, spec, status }: Node): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return 'terminating';
  if (spec.unschedulable) return 'it is cordoned';
  if (isTrue(status.conditions, 'Ready')) return undefined;
  const { reason, message } = status.conditions.find(({ type }) => type === 'Ready') ?? {};
  return `not Ready: ${[reason, message].filter((part) => part !== undefined && part !== '').join(': ') || 'it has told no condition'}`;
}
