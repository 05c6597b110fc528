import type { Records, RunRecord } from '../records/ports.ts';
import type { RunLearning } from '../report/index.ts';

/** Runs that are looked through, newest first. */
const LOOK_BACK = 1_000;

/** What the records tell of what was learnt from a run and its experiment. */
export async function readLearning(records: Pick<Records, 'listRuns' | 'postMortems'>, run: RunRecord): Promise<RunLearning> {
  const { learningFrom } = await import('../report/index.ts');
  const { service, environment } = run;
  const runs = (await records.listRuns({ limit: LOOK_BACK, service, environment })).filter(({ name }) => name === run.name);
  return learningFrom(run, runs, await records.postMortems(runs.map(({ workflowId }) => workflowId)));
}
