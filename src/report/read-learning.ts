import type { Records, RunFilter, RunRecord } from '../records/ports.ts';
import { learningFrom, type RunLearning } from './learning.ts';
import { lookBack } from './look-back.ts';

/**
 * What the records tell of what was learnt from a run and its experiment.
 * @param within the places that the reader may see; absent: all
 */
export async function readLearning(
  records: Pick<Records, 'listHeads' | 'postMortems'>,
  run: RunRecord,
  within?: RunFilter['within'],
): Promise<RunLearning> {
  const { name, service, environment } = run;
  const { runs } = await lookBack((filter) => records.listHeads(filter), { name, service, environment, ...(within && { within }) });
  return learningFrom(run, runs, await records.postMortems(runs.map(({ workflowId }) => workflowId)));
}
