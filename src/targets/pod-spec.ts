import * as z from 'zod';
import { asksForPresence, LabelMap, LabelSelector, parseLabelSelector } from '../domain/kubernetes/label-selector.ts';
import { Duration } from '../domain/units.ts';
import { NodesSpec } from './kubernetes-nodes.ts';
import { FieldSelector, NamespaceName, ObjectName, ObjectNames, OwnerSpec } from './kubernetes-words.ts';

/** When a container counts as ready, beyond its own readiness and that of its pod. */
export const PodReadySpec = z
  .strictObject({
    uptimeAtLeast: Duration.optional().describe('its container was started this long ago'),
    conditions: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('conditions of the pod that must be True too, such as readiness gates'),
  })
  .refine((ready) => Object.values(ready).some((given) => given !== undefined), 'expected at least one of uptimeAtLeast and conditions');
export type PodReadySpec = z.infer<typeof PodReadySpec>;

const exclude = z
  .strictObject({
    selector: LabelSelector.optional().describe('label selector, set-based too'),
    owner: OwnerSpec.optional(),
    names: ObjectNames.optional().describe('names of pods'),
  })
  .refine((given) => Object.values(given).some((one) => one !== undefined), 'expected at least one of selector, owner and names');

const criteria = {
  namespace: NamespaceName,
  selector: LabelSelector.optional().describe('label selector as kubectl -l takes it, set-based too; the API server evaluates it'),
  labels: LabelMap.optional().describe('labels that must all be there with these values'),
  owner: OwnerSpec.optional().describe(
    'the workload that the pod belongs to: { kind: Deployment | StatefulSet | DaemonSet | Rollout, name }',
  ),
  nodes: NodesSpec.optional().describe('facts of the node that the pod is on: { selector, zone, taints }'),
  fields: FieldSelector.optional().describe('field selector as kubectl --field-selector takes it'),
  container: ObjectName.optional().describe('needed where a pod has several containers'),
  exclude: exclude.optional().describe('a pod for which any of these holds is not chosen: { selector, owner, names }'),
  ready: PodReadySpec.optional().describe(
    'what else a ready one must show; always: it runs, it and its pod are Ready, and the pod is not terminating',
  ),
};

/** Phases in which containers may live. */
const Phase = z.enum(['Running', 'Pending', 'Unknown'], {
  error: 'expected Running, Pending or Unknown: pods of other phases live no more',
});

/** Which pods are looked for. @property phase absent: any */
export const PodQuery = z.strictObject({ ...criteria, phase: Phase.optional() });
export type PodQuery = z.infer<typeof PodQuery>;

/** Whether something that must be there is asked for. */
const isNarrow = ({ selector, labels, owner }: Pick<PodQuery, 'selector' | 'labels' | 'owner'>): boolean => {
  if (labels !== undefined || owner !== undefined) return true;
  try {
    return selector !== undefined && asksForPresence(parseLabelSelector(selector));
  } catch {
    return true; // the selector has an error of its own
  }
};

/** The `pod` target as a file writes it. All given criteria must hold; any of `exclude` takes the pod out. */
export const PodTargetSpec = z
  .strictObject({ kind: z.literal('pod'), ...criteria, phase: Phase.default('Running') })
  .superRefine((spec, context) => {
    if (isNarrow(spec)) return;
    const message =
      spec.selector === undefined
        ? 'expected at least one of selector, labels and owner: a namespace alone would select too much'
        : 'expected a label that must be there: absences alone would select too much';
    context.addIssue({ code: 'custom', message, ...(spec.selector !== undefined && { path: ['selector'] }) });
  });
