import * as z from 'zod';
import { Metadata } from './objects.ts';
import { workloadName, type NamedWorkload } from './words.ts';

const count = z.int().optional();

/** A workload with all that tells how far its controller has come. The controllers leave out what is 0. */
export const RunningWorkload = z.object({
  metadata: Metadata,
  spec: z.object({
    replicas: count,
    paused: z.boolean().default(false),
    updateStrategy: z.object({ type: z.string().optional() }).optional(),
    /** Argo Rollout: pods that are older are made anew. */
    restartAt: z.string().nullish(),
  }),
  status: z
    .object({
      observedGeneration: z.union([z.int(), z.string()]).optional(),
      replicas: count,
      readyReplicas: count,
      availableReplicas: count,
      updatedReplicas: count,
      desiredNumberScheduled: count,
      currentNumberScheduled: count,
      numberReady: count,
      numberAvailable: count,
      updatedNumberScheduled: count,
      restartedAt: z.string().nullish(),
    })
    .default({}),
});
export type RunningWorkload = z.infer<typeof RunningWorkload>;

/** Pods of a workload: how many it wants, has, are ready, available (ready for `minReadySeconds`) and of the newest template. */
export interface WorkloadState {
  desired: number;
  existing: number;
  ready: number;
  available: number;
  updated: number;
}

/** What the controller says; `why` when that is about an earlier specification, or nothing yet. */
export function stateOf(named: NamedWorkload, { metadata, spec, status }: RunningWorkload): WorkloadState | { why: string } {
  const observed = Number(status.observedGeneration ?? Number.NaN); // an Argo Rollout writes it as text
  if (metadata.generation === undefined || !(observed >= metadata.generation))
    return {
      why: `the controller of ${workloadName(named)} has not observed generation ${metadata.generation ?? 'unknown'} yet (observed: ${status.observedGeneration ?? 'none'})`,
    };
  if (named.workload === 'DaemonSet')
    return {
      desired: status.desiredNumberScheduled ?? 0,
      existing: status.currentNumberScheduled ?? 0,
      ready: status.numberReady ?? 0,
      available: status.numberAvailable ?? 0,
      updated: status.updatedNumberScheduled ?? 0,
    };
  return {
    desired: spec.replicas ?? 1,
    existing: status.replicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    updated: status.updatedReplicas ?? 0,
  };
}

/**
 * What is missing until it is as its specification says; undefined when nothing is.
 * @param rolledOut also every pod must be of the newest template, as `kubectl rollout status` has it
 */
export function missingOf(named: NamedWorkload, workload: RunningWorkload, rolledOut: boolean): string | undefined {
  const state = stateOf(named, workload);
  if ('why' in state) return state.why;
  const { desired, existing, ready, updated } = state;
  if (rolledOut && updated < desired) return `${updated} of ${desired} replicas are of the new template`;
  if (rolledOut && existing > desired) return `${existing - desired} replicas more than ${desired} are still there`;
  const { restartAt } = workload.spec;
  if (rolledOut && restartAt && restartAt !== workload.status.restartedAt) return `pods from before ${restartAt} are still there`;
  return ready === desired ? undefined : `${ready} replicas are ready, ${desired} are wanted`;
}
