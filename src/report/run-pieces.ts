import type { Records, RunFilter, RunRecord } from '../records/ports.ts';
import { csvPieces } from './csv.ts';
import type { ReportFormat } from './formats.ts';
import { renderHtml } from './html.ts';
import { jsonPieces } from './json.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { buildReport } from './model.ts';
import { readLearning } from './read-learning.ts';

/**
 * The report of one recorded run, piece by piece: CSV and JSON hold every sample and are as long as the run was.
 * @param within the places whose other runs it may tell of; absent: all
 */
export async function* runPieces(
  records: Records,
  run: RunRecord,
  format: ReportFormat,
  within?: RunFilter['within'],
): AsyncGenerator<string> {
  const { workflowId } = run;
  if (format === 'csv') {
    yield* csvPieces(run, records.samplePages(workflowId), () => records.signals(workflowId));
    return;
  }
  const signals = format === 'junit' ? [] : await records.signals(workflowId); // JUnit tells of none
  const report = buildReport(run, await records.events(workflowId), signals, await readLearning(records, run, within));
  if (format === 'json') yield* jsonPieces(report, records.samplePages(workflowId));
  else yield { html: renderHtml, markdown: renderMarkdown, junit: (one: typeof report) => renderJunit([one]) }[format](report);
}
