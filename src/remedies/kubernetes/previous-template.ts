import type * as z from 'zod';
import type { KubernetesPort, Patch } from '../../domain/kubernetes/port.ts';
import { REPLICA_SETS } from '../../domain/kubernetes/resources.ts';
import { ObjectSelector, ReplicaSet, revisionsOf, selectorText, type History, type Revision } from '../../domain/kubernetes/revisions.ts';
import { workloadName, type NamedWorkload } from '../../domain/kubernetes/words.ts';
import { RunningWorkload, stateOf } from '../../domain/kubernetes/workload-state.ts';
import type { Change } from './workload.ts';

/** A workload whose history is in its ReplicaSets. */
export const RevisedWorkload = RunningWorkload.extend({ spec: RunningWorkload.shape.spec.extend({ selector: ObjectSelector.optional() }) });
export type RevisedWorkload = z.infer<typeof RevisedWorkload>;

/** The order that its template was last put back for, written in the same patch: a second undo would redo. */
const UNDONE_FOR = 'breakwater.dev/undone-for';
/** The revisions that were left by an undo, `8` or `10,8`: each would be the previous one now, and bring back what was bad. */
const UNDONE_FROM = 'breakwater.dev/undone-from';

type Named = NamedWorkload & { toRevision?: number | undefined };

/**
 * Puts the template of an earlier revision back: a JSON patch, because it has to replace the template, not to be merged with it.
 * @param toRevision absent: the newest before the present one that was not undone from
 * @throws Error when there is no such revision, none that was not undone from, or the newest specification has none yet
 */
export async function undoOf(
  kubernetes: KubernetesPort,
  named: Named,
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
  const left = leftBefore(metadata, revisions);
  const wanted = chosen(named, revisions, left);
  const present = revisions[0]?.number;
  if (wanted.number === present) return { said: `${workloadName(named)} is at revision ${wanted.number} already` };
  const from = [present, ...left].filter((number) => number !== wanted.number).join(',');
  return {
    patch: restoring(wanted.template, metadata, { [UNDONE_FOR]: order, [UNDONE_FROM]: from }),
    said: `put the template of revision ${wanted.number} back into ${workloadName(named)}, which was at revision ${present}`,
  };
}

/** Those of the history that were undone from. Who rolls a template out again on purpose gives it a new number, and it counts again. */
function leftBefore({ annotations }: RevisedWorkload['metadata'], revisions: readonly Revision[]): number[] {
  const noted = (annotations[UNDONE_FROM] ?? '').split(',').map(Number);
  return revisions.map(({ number }) => number).filter((number) => noted.includes(number));
}

function chosen({ toRevision, ...named }: Named, revisions: readonly Revision[], left: readonly number[]): Revision {
  const earlier = revisions.slice(1).find(({ number }) => !left.includes(number));
  const wanted = toRevision === undefined ? earlier : revisions.find(({ number }) => number === toRevision);
  if (wanted) return wanted;
  if (toRevision === undefined && left.length > 0)
    throw new Error(`${workloadName(named)} was already rolled back from revision ${left.join(', ')}; name toRevision`);
  const have = revisions.map(({ number }) => number).join(', ') || 'none';
  throw new Error(
    `${workloadName(named)} has no ${toRevision === undefined ? 'previous revision' : `revision ${toRevision}`}; it has ${have}`,
  );
}

const restoring = (template: object, { resourceVersion, annotations }: RevisedWorkload['metadata'], notes: object): Patch => ({
  kind: 'json',
  body: [
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'add', path: '/metadata/annotations', value: { ...annotations, ...notes } },
  ],
});
