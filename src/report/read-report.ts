import type { Records, RunRecord } from '../records/ports.ts';
import { buildReport, type RunReport } from './model.ts';

/** The report of a recorded run, with what the records hold of it. */
export const readReport = async (records: Pick<Records, 'events' | 'signals'>, run: RunRecord): Promise<RunReport> =>
  buildReport(run, await records.events(run.workflowId), await records.signals(run.workflowId));
