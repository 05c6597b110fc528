import type * as z from 'zod';
import type { KubernetesPort, Patch } from '../../domain/kubernetes/port.ts';
import { REPLICA_SETS } from '../../domain/kubernetes/resources.ts';
import { ObjectSelector, ReplicaSet, revisionsOf, selectorText, type History } from '../../domain/kubernetes/revisions.ts';
import { workloadName, type NamedWorkload } from '../../domain/kubernetes/words.ts';
import { RunningWorkload, stateOf } from '../../domain/kubernetes/workload-state.ts';
import type { Change } from './workload.ts';

/** A workload whose history is in its ReplicaSets. */
export const RevisedWorkload = RunningWorkload.extend({ spec: RunningWorkload.shape.spec.extend({ selector: ObjectSelector.optional() }) });
export type RevisedWorkload = z.infer<typeof RevisedWorkload>;

/** The order that its template was last put back for, written in the same patch: a second undo would redo. */
const UNDONE_FOR = 'breakwater.dev/undone-for';

/**
 * Puts the template of an earlier revision back: a JSON patch, because it has to replace the template, not to be merged with it.
 * @param toRevision absent: the one before the newest
 * @throws Error when there is no such revision, or the newest specification has none yet
 */
export async function undoOf(
  kubernetes: KubernetesPort,
  named: NamedWorkload & { toRevision?: number | undefined },
  workload: RevisedWorkload,
  history: History,
  order: string,
  signal: AbortSignal,
): Promise<Change> {
  const { metadata, spec } = workload;
  if (metadata.annotations[UNDONE_FOR] === order) return { said: `${workloadName(named)} was rolled back by an earlier attempt` };
  if (spec.paused) throw new Error(`${workloadName(named)} is paused: an undo would do nothing until it is resumed`);
  const state = stateOf(named, workload);
  if ('why' in state) throw new Error(`${state.why}: which revision is the previous one is not known yet`);
  if (!spec.selector) throw new Error(`${workloadName(named)} has no selector: its revisions cannot be found`);
  const query = { namespace: named.namespace, labelSelector: selectorText(spec.selector) };
  const revisions = revisionsOf(await kubernetes.list(REPLICA_SETS, query, ReplicaSet, signal), metadata.uid, history);
  const wanted = named.toRevision === undefined ? revisions[1] : revisions.find(({ number }) => number === named.toRevision);
  const have = revisions.map(({ number }) => number).join(', ') || 'none';
  if (!wanted)
    throw new Error(
      `${workloadName(named)} has no ${named.toRevision === undefined ? 'previous revision' : `revision ${named.toRevision}`}; it has ${have}`,
    );
  if (wanted === revisions[0]) return { said: `${workloadName(named)} is at revision ${wanted.number} already` };
  return {
    patch: restoring(wanted.template, metadata, order),
    said: `put the template of revision ${wanted.number} back into ${workloadName(named)}, which was at revision ${revisions[0]?.number}`,
  };
}

const restoring = (template: object, { resourceVersion, annotations }: RevisedWorkload['metadata'], order: string): Patch => ({
  kind: 'json',
  body: [
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'add', path: '/metadata/annotations', value: { ...annotations, [UNDONE_FOR]: order } },
  ],
});
