import * as z from 'zod';
import { KubernetesError, type KubernetesPort } from '../domain/kubernetes/port.ts';
import { PODS } from '../domain/kubernetes/resources.ts';
import { workloadName } from '../domain/kubernetes/words.ts';
import { Duration, formatDuration } from '../domain/units.ts';
import { defineRemedy } from './define.ts';
import { awaitReady, WaitReady } from './kubernetes/await-ready.ts';
import { SelectingWorkload, stuckPods, type StuckPod } from './kubernetes/stuck-pods.ts';
import { changeWorkload, workloadAccess, workloadFields, type Change } from './kubernetes/workload.ts';

/** Which pods the last order chose: an attempt after a lost answer deletes these, and chooses no others. */
const DELETED_FOR = 'breakwater.dev/pods-deleted-for';

const schema = z.strictObject({
  kind: z.literal('kubernetes-delete-pod'),
  ...workloadFields,
  notReadyFor: Duration.refine((ms) => ms >= 1_000, 'expected 1s or more').describe(
    'a pod counts as stuck when it has not been ready for this long, by the clock of the worker',
  ),
  limit: z.int().min(1).max(100).default(1).describe('at most so many, the longest stuck first'),
  waitReady: WaitReady,
});
type Spec = z.infer<typeof schema>;

const Chosen = z.strictObject({ order: z.string(), pods: z.array(z.strictObject({ name: z.string(), uid: z.string() })) });

function chosenBefore(note: string | undefined, order: string): StuckPod[] | undefined {
  try {
    const chosen = Chosen.safeParse(JSON.parse(note ?? 'null'));
    return chosen.data?.order === order ? chosen.data.pods : undefined;
  } catch {
    return undefined; // somebody else's words: not a note of this order
  }
}

/** @returns the pods that are to be deleted, as noted at their workload */
async function choose(kubernetes: KubernetesPort, spec: Spec, order: string, signal: AbortSignal): Promise<StuckPod[]> {
  let pods: StuckPod[] = [];
  const decide = async (workload: SelectingWorkload): Promise<Change> => {
    const before = chosenBefore(workload.metadata.annotations[DELETED_FOR], order);
    const asked = { notReadyForMs: spec.notReadyFor, nowMs: Date.now() };
    pods = before ?? (await stuckPods(kubernetes, spec, workload, asked, signal)).slice(0, spec.limit);
    if (before || pods.length === 0) return { said: '' };
    const annotations = { [DELETED_FOR]: JSON.stringify({ order, pods }) };
    return { patch: { kind: 'merge', body: { metadata: { resourceVersion: workload.metadata.resourceVersion, annotations } } }, said: '' };
  };
  await changeWorkload(kubernetes, spec, SelectingWorkload, decide, signal);
  return pods;
}

/** @returns what became of this very pod */
async function removePod(kubernetes: KubernetesPort, namespace: string, { name, uid }: StuckPod, signal: AbortSignal): Promise<string> {
  try {
    await kubernetes.remove({ resource: PODS, namespace, name }, { uid }, signal);
    return `deleted pod ${name}`;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return `pod ${name} is gone`;
    if (error instanceof KubernetesError && error.status === 409) return `pod ${name} is another one by now, and was left alone`;
    throw error;
  }
}

/** Makes room for a pod that starts. */
export const kubernetesDeletePod = defineRemedy('kubernetes-delete-pod', {
  schema,
  doc: {
    summary:
      'Deletes pods of a workload that has opted in which have not been ready for `notReadyFor`, so that their controller makes new ones. Pods that are finished, being deleted, or opted out are left alone. A repeated attempt chooses no others.',
  },
  access: (spec) => [
    ...workloadAccess(spec),
    { group: '', resource: 'pods', verbs: ['list', 'delete'], namespace: spec.namespace },
    ...(spec.workload === 'Deployment' || spec.workload === 'Rollout'
      ? [{ group: 'apps', resource: 'replicasets', verbs: ['list'], namespace: spec.namespace }]
      : []),
  ],
  async apply({ kubernetes }, spec, signal, order) {
    const pods = await choose(kubernetes, spec, order, signal);
    const done: string[] = [];
    for (const pod of pods) done.push(await removePod(kubernetes, spec.namespace, pod, signal));
    const none = `no pod of ${workloadName(spec)} has not been ready for ${formatDuration(spec.notReadyFor)}`;
    const said = done.length === 0 ? none : `${done.join(', ')} of ${workloadName(spec)}`;
    return said + (await awaitReady(kubernetes, spec, { withinMs: spec.waitReady, rolledOut: false }, signal));
  },
});
