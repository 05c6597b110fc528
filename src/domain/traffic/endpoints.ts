import * as z from 'zod';
import { Metadata } from '../kubernetes/objects.ts';
import type { Share } from './rules.ts';

/** A slice of a Service's endpoints. `ready` that is left out counts as true, as the API says. */
export const EndpointSlice = z.object({
  metadata: Metadata,
  endpoints: z
    .array(
      z.object({
        conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
        targetRef: z.object({ kind: z.string(), name: z.string(), uid: z.string().optional() }).nullish(),
      }),
    )
    .nullish(),
});
export type EndpointSlice = z.infer<typeof EndpointSlice>;

/** The label by which a slice names its Service. */
export const SERVICE_NAME = 'kubernetes.io/service-name';

/**
 * The share of a Service's ready endpoints that are of the canary's pods. A pod with an address of each family is one.
 * @param canaries UIDs of the pods that carry the canary's labels
 * @returns why it is not known: an endpoint is of no pod, or none is ready
 */
export function shareOfEndpoints(slices: readonly EndpointSlice[], canaries: ReadonlySet<string>): Share | string {
  const ready = slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  const pods = new Set<string>();
  for (const { targetRef } of ready) {
    if (targetRef?.kind !== 'Pod' || targetRef.uid === undefined) return 'it has an endpoint that is of no pod';
    pods.add(targetRef.uid);
  }
  if (pods.size === 0) return 'it has no ready endpoints';
  const of = [...pods].filter((uid) => canaries.has(uid)).length;
  return { share: of / pods.size, place: `${of} of ${pods.size} ready endpoints` };
}
