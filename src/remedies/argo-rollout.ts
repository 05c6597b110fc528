import * as z from 'zod';
import type { KubernetesPort } from '../domain/kubernetes/port.ts';
import { ROLLOUT_HISTORY } from '../domain/kubernetes/revisions.ts';
import { NamespaceName, ObjectName, workloadName, workloadRef } from '../domain/kubernetes/words.ts';
import { missingOf } from '../domain/kubernetes/workload-state.ts';
import { defineRemedy } from './define.ts';
import { missingOfStep, stepPromotion } from './kubernetes/argo-step.ts';
import { abortion, ArgoRollout, fullPromotion, missingOfAbortion, missingOfRollout, type Steering } from './kubernetes/argo.ts';
import { awaitNothingMissing, WaitReady } from './kubernetes/await-ready.ts';
import { undoOf } from './kubernetes/previous-template.ts';
import { isConflict, optedIn, workloadAccess } from './kubernetes/workload.ts';

const schema = z
  .strictObject({
    kind: z.literal('argo-rollout'),
    namespace: NamespaceName,
    name: ObjectName.describe('name of the Rollout'),
    action: z
      .enum(['abort', 'promote', 'undo'])
      .describe(
        'abort: back to the stable pods · promote: go on · undo: the template of the previous revision that was not undone from before',
      ),
    full: z.boolean().default(false).describe('with promote: skip all steps, pauses and analyses; default: one step or pause'),
    waitReady: WaitReady,
  })
  .refine(({ action, full }) => action === 'promote' || !full, { path: ['full'], error: 'expected only with action: promote' });
type Spec = z.infer<typeof schema>;

const rollout = ({ namespace, name }: Spec) => ({ workload: 'Rollout' as const, namespace, name });

async function decide(spec: Spec, kubernetes: KubernetesPort, found: ArgoRollout, order: string, signal: AbortSignal): Promise<Steering> {
  const named = rollout(spec);
  if (spec.action === 'abort') return abortion(named, found);
  if (spec.action === 'promote') return spec.full ? fullPromotion(named, found) : stepPromotion(named, found, order);
  if (found.spec.workloadRef !== undefined)
    throw new Error(`${workloadName(named)} has its template elsewhere (workloadRef): undo it there`);
  const { patch, said } = await undoOf(kubernetes, named, found, ROLLOUT_HISTORY, order, signal);
  return { ...(patch && { object: patch }), said };
}

const TRIES = 10;

/** Each round looks, and does one thing to what it saw; a note is followed by its deed. */
async function steer(spec: Spec, kubernetes: KubernetesPort, order: string, signal: AbortSignal): Promise<string> {
  const ref = workloadRef(rollout(spec));
  for (let attempt = 1; ; attempt++) {
    const found = await optedIn(kubernetes, rollout(spec), ArgoRollout, signal);
    const { status, object, said } = await decide(spec, kubernetes, found, order, signal);
    try {
      if (status) await kubernetes.patch({ ...ref, subresource: 'status' }, status, signal);
      else if (object) await kubernetes.patch(ref, object, signal);
      if (said !== '') return said;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    if (attempt === TRIES)
      throw new Error(`${workloadName(rollout(spec))} was changed by somebody else ${TRIES} times while it was to be steered`);
  }
}

/** Pods that are ready are told by nothing from those of before, until the controller has done what it was steered to. */
function missingOfDeed({ action, full }: Spec, rollout: ArgoRollout, order: string): string | undefined {
  if (action === 'abort') return missingOfAbortion(rollout);
  return action === 'promote' && !full ? missingOfStep(rollout, order) : undefined;
}

async function awaitRollout(spec: Spec, kubernetes: KubernetesPort, withinMs: number, order: string, signal: AbortSignal): Promise<void> {
  const named = rollout(spec);
  const toStable = spec.action === 'undo' || spec.full;
  const missing = async () => {
    const found = await kubernetes.read(workloadRef(named), ArgoRollout, signal);
    if (!found) return 'it is gone';
    return missingOfDeed(spec, found, order) ?? missingOf(named, found, toStable) ?? missingOfRollout(found, toStable);
  };
  await awaitNothingMissing(workloadName(named), missing, withinMs, signal);
}

/** Steers a progressive delivery by Argo Rollouts. */
export const argoRollout = defineRemedy('argo-rollout', {
  schema,
  doc: {
    summary:
      'Aborts, promotes or undoes an Argo Rollout that has opted in, through its status sub-resource. A repeated attempt promotes and undoes nothing more. waitReady waits also until the controller has aborted (abortedAt), is past the step, or pauses at it.',
  },
  access: (spec) => [
    ...workloadAccess(rollout(spec)),
    ...(spec.action === 'undo' ? [{ group: 'apps', resource: 'replicasets', verbs: ['list'], namespace: spec.namespace }] : []),
    ...(spec.action === 'undo' ? [] : [{ group: 'argoproj.io', resource: 'rollouts/status', verbs: ['patch'], namespace: spec.namespace }]),
  ],
  async apply({ kubernetes }, spec, signal, order) {
    const said = await steer(spec, kubernetes, order, signal);
    if (spec.waitReady === undefined) return said;
    await awaitRollout(spec, kubernetes, spec.waitReady, order, signal);
    return `${said}; it is ready`;
  },
});
