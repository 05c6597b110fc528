import * as z from 'zod';
import { isTrue } from '../../domain/kubernetes/objects.ts';
import type { Patch } from '../../domain/kubernetes/port.ts';
import { workloadName, type NamedWorkload } from '../../domain/kubernetes/words.ts';
import { RevisedWorkload } from './previous-template.ts';

/**
 * What Argo Rollouts publishes for whoever steers it: fields of the status, which are patched through the status sub-resource.
 * @see https://argo-rollouts.readthedocs.io/en/stable/features/specification/
 * @see https://github.com/argoproj/argo-rollouts/tree/master/pkg/kubectl-argo-rollouts/cmd: abort, promote, undo
 * @see https://github.com/argoproj/argo-rollouts/blob/master/rollout/pause.go: abortedAt, controllerPause
 */
export const ArgoRollout = RevisedWorkload.extend({
  spec: RevisedWorkload.shape.spec.extend({
    workloadRef: z.unknown().optional(),
    strategy: z.object({ canary: z.object({ steps: z.array(z.unknown()).default([]) }).nullish() }).default({}),
  }),
  status: RevisedWorkload.shape.status
    .unwrap()
    .extend({
      abort: z.boolean().default(false),
      /** Written by the controller once it has seen `abort`; taken away with a retry. */
      abortedAt: z.string().nullish(),
      promoteFull: z.boolean().default(false),
      pauseConditions: z.array(z.unknown()).nullish(),
      /** Written by the controller with its own pauses: without conditions, it has not seen yet that somebody took them away. */
      controllerPause: z.boolean().default(false),
      currentStepIndex: z.int().nullish(),
      /** Hashes of the newest template and of the one that serves. */
      currentPodHash: z.string().default(''),
      stableRS: z.string().default(''),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    })
    .prefault({}),
});
export type ArgoRollout = z.infer<typeof ArgoRollout>;

export const isStable = ({ status }: ArgoRollout): boolean => status.stableRS !== '' && status.currentPodHash === status.stableRS;

/** A patch of the status, of this very version of the object. */
export const statusPatch = ({ metadata }: ArgoRollout, status: object): Patch => ({
  kind: 'merge',
  body: { metadata: { resourceVersion: metadata.resourceVersion }, status },
});

/** One thing to do with a rollout: patch the status, or the object itself; without a patch there is nothing to do. */
export interface Steering {
  status?: Patch;
  object?: Patch;
  said: string;
}

export function abortion(named: NamedWorkload, rollout: ArgoRollout): Steering {
  if (isStable(rollout)) return { said: `${workloadName(named)} is stable: nothing to abort` };
  if (rollout.status.abort) return { said: `${workloadName(named)} is aborted already` };
  return { status: statusPatch(rollout, { abort: true }), said: `aborted ${workloadName(named)}` };
}

/** @throws Error when the rollout is aborted: it has to be retried before it can be promoted */
export function fullPromotion(named: NamedWorkload, rollout: ArgoRollout): Steering {
  if (isStable(rollout)) return { said: `${workloadName(named)} is fully promoted already` };
  refuseUnlessPromotable(named, rollout);
  if (rollout.status.promoteFull) return { said: `${workloadName(named)} is being promoted fully already` };
  return { status: statusPatch(rollout, { promoteFull: true }), said: `promoted ${workloadName(named)} fully` };
}

export function refuseUnlessPromotable(named: NamedWorkload, { status, metadata }: ArgoRollout): void {
  if (status.abort) throw new Error(`${workloadName(named)} is aborted: it cannot be promoted before it is retried`);
  if (Number(status.observedGeneration ?? Number.NaN) !== metadata.generation)
    throw new Error(`the controller of ${workloadName(named)} has not observed generation ${metadata.generation ?? 'unknown'} yet`);
}

/** What the controller has to write until an abort was more than a wish: before that the pods are those of before. */
export function missingOfAbortion(rollout: ArgoRollout): string | undefined {
  const { abort, abortedAt } = rollout.status;
  if (isStable(rollout)) return undefined;
  return abort && abortedAt ? undefined : 'its controller has not aborted it yet';
}

/** What is missing until the rollout is where it was steered to. @param toStable the newest template must serve alone */
export function missingOfRollout(rollout: ArgoRollout, toStable: boolean): string | undefined {
  if (toStable && !isStable(rollout)) return 'its newest template is not the stable one yet';
  if (isTrue(rollout.status.conditions, 'InvalidSpec')) return 'its specification is invalid';
  return undefined;
}
