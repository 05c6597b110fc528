import type { Records, RunRecord } from '../records/ports.ts';
import { learningFrom, type RunLearning } from './learning.ts';
import { lookBack } from './look-back.ts';

/** What the records tell of what was learnt from a run and its experiment. */
export async function readLearning(records: Pick<Records, 'listRuns' | 'postMortems'>, run: RunRecord): Promise<RunLearning> {
  const { service, environment } = run;
  const known = await lookBack(records, { service, environment });
  const runs = known.runs.filter(({ name }) => name === run.name);
  return learningFrom(run, runs, await records.postMortems(runs.map(({ workflowId }) => workflowId)));
}
