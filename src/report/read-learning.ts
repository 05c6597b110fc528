import type { Records, RunFilter, RunRecord } from '../records/ports.ts';
import { learningFrom, type RunLearning } from './learning.ts';
import { lookBack } from './look-back.ts';

/**
 * What the records tell of what was learnt from a run and its experiment.
 * @param within the places that the reader may see; absent: all
 */
export async function readLearning(
  records: Pick<Records, 'listRuns' | 'postMortems'>,
  run: RunRecord,
  within?: RunFilter['within'],
): Promise<RunLearning> {
  const { service, environment } = run;
  const known = await lookBack(records, { service, environment, ...(within && { within }) });
  const runs = known.runs.filter(({ name }) => name === run.name);
  return learningFrom(run, runs, await records.postMortems(runs.map(({ workflowId }) => workflowId)));
}
