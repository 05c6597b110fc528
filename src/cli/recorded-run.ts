import type { Records, RunRecord } from '../records/ports.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** There is nothing to show of such a run. */
export const notRecorded = (workflowId: string): CliError =>
  new CliError(
    EXIT.usage,
    `No run ${workflowId.slice(0, 200)} is recorded.`,
    '`breakwater runs` lists the recorded runs; one that was refused at once leaves no record.',
  );

/** @throws CliError (2) when the run is not recorded */
export async function requireRun(records: Pick<Records, 'findRun'>, workflowId: string): Promise<RunRecord> {
  const run = await records.findRun(workflowId);
  if (run) return run;
  throw notRecorded(workflowId);
}
