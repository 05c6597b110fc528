import type { Records, RunRecord } from '../records/ports.ts';
import { lookBack } from './look-back.ts';
import type { RunLearning } from '../report/index.ts';

/** What the records tell of what was learnt from a run and its experiment. */
export async function readLearning(records: Pick<Records, 'listRuns' | 'postMortems'>, run: RunRecord): Promise<RunLearning> {
  const { learningFrom } = await import('../report/index.ts');
  const { service, environment } = run;
  const known = await lookBack(records, { service, environment });
  const runs = known.runs.filter(({ name }) => name === run.name);
  return learningFrom(run, runs, await records.postMortems(runs.map(({ workflowId }) => workflowId)));
}
