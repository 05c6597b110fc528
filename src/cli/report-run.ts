import type { Records } from '../records/ports.ts';
import type { ReportFormat } from '../report/formats.ts';
import { requireRun } from './recorded-run.ts';

/**
 * The report of one run, piece by piece.
 * @throws CliError (2) when the run is not recorded
 */
export async function* piecesOfRun(records: Records, workflowId: string, format: ReportFormat): AsyncGenerator<string> {
  const run = await requireRun(records, workflowId);
  const { runPieces } = await import('../report/run-pieces.ts');
  yield* runPieces(records, run, format);
}
