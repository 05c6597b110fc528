import * as z from 'zod';
import type { Target } from '../target.ts';
import { ROUTE_KINDS } from '../traffic/route.ts';

const text = z.string().min(1);

/**
 * What pins a container of a pod. A name comes back for another pod, the UID never; a restarted container has another id and one restart more.
 * Container ids are as the kubelet reports them: `containerd://1f3a…`.
 */
export const ContainerIdentity = z.strictObject({
  namespace: text,
  pod: text,
  uid: text,
  container: text,
  containerId: text,
  restartCount: z.int().nonnegative(),
  node: text,
});
export type ContainerIdentity = z.infer<typeof ContainerIdentity>;

/** What pins a Deployment, StatefulSet or Argo Rollout: another of the same name has another UID. */
export const WorkloadIdentity = z.strictObject({
  workload: z.enum(['Deployment', 'StatefulSet', 'Rollout']),
  namespace: text,
  name: text,
  uid: text,
});
export type WorkloadIdentity = z.infer<typeof WorkloadIdentity>;

/** What pins a node: after a restart it has another boot id. */
export const NodeIdentity = z.strictObject({ name: text, uid: text, bootId: text });
export type NodeIdentity = z.infer<typeof NodeIdentity>;

/** What pins a route: another of the same name has another UID. What its canary is, the order says. */
export const RouteIdentity = z.strictObject({ route: z.enum(ROUTE_KINDS), namespace: text, name: text, uid: text });
export type RouteIdentity = z.infer<typeof RouteIdentity>;

/** Identities in one string: the ids of targets of these kinds. */
export const podTargetId = ({ uid, container, containerId, restartCount }: ContainerIdentity): string =>
  `pod:${uid}:${container}:${restartCount}:${containerId}`;
export const workloadTargetId = ({ workload, uid }: WorkloadIdentity): string => `workload:${workload}:${uid}`;
export const nodeTargetId = ({ uid, bootId }: NodeIdentity): string => `node:${uid}:${bootId}`;
export const routeTargetId = ({ route, uid }: RouteIdentity): string => `route:${route}:${uid}`;

/**
 * Reads what a target pins.
 * @throws Error when it is of another kind, or its id and its identity do not agree: an order like that is never carried out
 */
const pinnedBy =
  <T>(kind: string, schema: z.ZodType<T>, idOf: (identity: T) => string) =>
  (target: Target): T => {
    if (target.kind !== kind) throw new Error(`target '${target.id}' is of kind '${target.kind}', expected '${kind}'`);
    const identity = schema.safeParse(target.identity);
    if (!identity.success) throw new Error(`target '${target.id}' does not pin a ${kind}: ${z.prettifyError(identity.error)}`);
    if (idOf(identity.data) !== target.id)
      throw new Error(`target '${target.id}' says in its identity that it is '${idOf(identity.data)}': discover it again`);
    return identity.data;
  };

export const containerOf = pinnedBy('pod', ContainerIdentity, podTargetId);
export const workloadOf = pinnedBy('workload', WorkloadIdentity, workloadTargetId);
export const nodeOf = pinnedBy('node', NodeIdentity, nodeTargetId);
export const routeOf = pinnedBy('route', RouteIdentity, routeTargetId);
