import type { Records } from '../records/ports.ts';
import { readLearning } from './read-learning.ts';
import { requireRun } from './recorded-run.ts';

export const REPORT_FORMATS = ['html', 'markdown', 'json', 'junit', 'csv'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/**
 * The report of one run, piece by piece: CSV and JSON hold every sample and are as long as the run was.
 * @throws CliError (2) when the run is not recorded
 */
export async function* piecesOfRun(records: Records, workflowId: string, format: ReportFormat): AsyncGenerator<string> {
  const run = await requireRun(records, workflowId);
  const { buildReport, csvPieces, jsonPieces, renderHtml, renderJunit, renderMarkdown } = await import('../report/index.ts');
  if (format === 'csv') {
    yield* csvPieces(run, records.samplePages(workflowId), () => records.signals(workflowId));
    return;
  }
  const signals = format === 'junit' ? [] : await records.signals(workflowId); // JUnit tells of none
  const report = buildReport(run, await records.events(workflowId), signals, await readLearning(records, run));
  if (format === 'json') yield* jsonPieces(report, records.samplePages(workflowId));
  else yield { html: renderHtml, markdown: renderMarkdown, junit: (one: typeof report) => renderJunit([one]) }[format](report);
}
