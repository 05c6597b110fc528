import * as z from 'zod';
import { workloadName, type NamedWorkload } from '../../domain/kubernetes/words.ts';
import { isStable, refuseUnlessPromotable, statusPatch, type ArgoRollout, type Steering } from './argo.ts';

/** Where the rollout stood when an order to promote it by a step was first carried out. */
const PROMOTED_FOR = 'breakwater.dev/promoted-for';

const Note = z.strictObject({ order: z.string(), hash: z.string(), step: z.int(), paused: z.boolean() });
type Note = z.infer<typeof Note>;

function noteOf({ metadata }: ArgoRollout, order: string): Note | undefined {
  try {
    const note = Note.safeParse(JSON.parse(metadata.annotations[PROMOTED_FOR] ?? 'null'));
    return note.data?.order === order ? note.data : undefined;
  } catch {
    return undefined; // somebody else's words: not a note of this order
  }
}

const isPaused = ({ status }: ArgoRollout): boolean => (status.pauseConditions ?? []).length > 0;

/**
 * Promotes by one step, once per order. Status and annotations cannot be patched together, so where it stands is noted first, and each attempt goes on from the note:
 * a step index is set, not counted up.
 * @throws Error when there is no step to take
 */
export function stepPromotion(named: NamedWorkload, rollout: ArgoRollout, order: string): Steering {
  const step = rollout.status.currentStepIndex ?? 0;
  const note = noteOf(rollout, order);
  const done = (said: string): Steering => ({ said: `${workloadName(named)} ${said}` });
  if (!note) {
    if (isStable(rollout)) return done('is fully promoted already');
    refuseUnlessPromotable(named, rollout);
    return { object: noting(rollout, { order, hash: rollout.status.currentPodHash, step, paused: isPaused(rollout) }), said: '' };
  }
  if (note.hash !== rollout.status.currentPodHash) return done('has another template by now: nothing is promoted');
  if (note.step !== step) return done(`was promoted from step ${note.step}; it is at step ${step}`);
  const steps = rollout.spec.strategy.canary?.steps.length ?? 0;
  if (note.paused)
    return isPaused(rollout)
      ? { status: statusPatch(rollout, { pauseConditions: null }), said: `promoted ${workloadName(named)} past its pause at step ${step}` }
      : done(`was promoted past its pause at step ${step}`);
  if (step >= steps) throw new Error(`${workloadName(named)} neither pauses nor has a step after ${step}: nothing to promote`);
  return {
    status: statusPatch(rollout, { pauseConditions: null, currentStepIndex: step + 1 }),
    said: `promoted ${workloadName(named)} to step ${step + 1} of ${steps}`,
  };
}

/**
 * What the controller has to write until a promotion by a step was more than a wish. The index that an order set is not its word: it has to come past that step, or pause at it.
 * @param order whose note tells where the rollout stood; without one nothing was promoted
 */
export function missingOfStep(rollout: ArgoRollout, order: string): string | undefined {
  const { abort, controllerPause, currentPodHash, currentStepIndex } = rollout.status;
  const note = noteOf(rollout, order);
  if (isStable(rollout) || !note || note.hash !== currentPodHash) return undefined;
  if (abort) return 'it is aborted';
  const step = currentStepIndex ?? 0;
  if (note.paused)
    return step > note.step || !controllerPause ? undefined : `its controller has not left its pause at step ${note.step} yet`;
  return step > note.step + 1 || isPaused(rollout) ? undefined : `its controller is not done with step ${step} yet`;
}

const noting = ({ metadata, spec }: ArgoRollout, note: Note) => ({
  kind: 'merge' as const,
  body: {
    metadata: { resourceVersion: metadata.resourceVersion, annotations: { [PROMOTED_FOR]: JSON.stringify(note) } },
    ...(spec.paused && { spec: { paused: false } }),
  },
});
