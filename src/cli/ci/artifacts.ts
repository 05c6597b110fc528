import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { CiOutcome, NotRun, RunReport } from '../../report/index.ts';
import type { Records } from '../../records/ports.ts';
import type { Played } from './play.ts';

/** The report of each run that is on record. */
async function reportsOf(records: Records, played: readonly Played[]): Promise<Map<Played, RunReport>> {
  const { readReport } = await import('../../report/index.ts');
  const reports = new Map<Played, RunReport>();
  for (const one of played) {
    const run = one.workflowId === undefined ? undefined : await records.findRun(one.workflowId);
    if (run) reports.set(one, await readReport(records, run));
  }
  return reports;
}

const nameOf = ({ chosen }: Played): string => chosen.experiment.metadata.name;

/** A run without a verdict on record counts as not run, whatever became of it: it is never a pass. */
const notRunOf = (played: readonly Played[], reports: ReadonlyMap<Played, RunReport>): NotRun[] =>
  played.filter((one) => reports.get(one)?.run.verdict === undefined).map((one) => ({ name: nameOf(one), reason: one.reason }));

/** What the summary and `results.json` tell of each experiment. */
export const outcomesOf = (played: readonly Played[], reports: ReadonlyMap<Played, RunReport>): CiOutcome[] =>
  played.map((one) => ({
    file: one.chosen.file,
    name: nameOf(one),
    ...(one.result && { verdict: one.result.verdict }),
    reason: one.reason,
    leftovers: one.result?.leftovers ?? [],
    ...(reports.has(one) && { report: `${one.workflowId ?? ''}.html` }),
  }));

/**
 * Writes `junit.xml`, `summary.md`, `results.json`, and the HTML report of each run, into the folder.
 * @param jobSummary a file that the summary is added to as well
 * @throws Error when a file cannot be written
 */
export async function writeArtifacts(dir: string, records: Records, played: readonly Played[], jobSummary?: string): Promise<CiOutcome[]> {
  const { renderCiSummary, renderHtml, renderJunit } = await import('../../report/index.ts');
  await mkdir(dir, { recursive: true });
  const reports = await reportsOf(records, played);
  const outcomes = outcomesOf(played, reports);
  const judged = [...reports.values()].filter(({ run }) => run.verdict !== undefined);
  for (const [{ workflowId = '' }, report] of reports) await writeFile(join(dir, `${workflowId}.html`), renderHtml(report));
  await writeFile(join(dir, 'junit.xml'), renderJunit(judged, notRunOf(played, reports)));
  await writeFile(join(dir, 'results.json'), `${JSON.stringify(outcomes, null, 2)}\n`);
  await writeFile(join(dir, 'summary.md'), renderCiSummary(outcomes));
  if (jobSummary !== undefined)
    await appendFile(
      jobSummary,
      renderCiSummary(outcomes.map((one) => ({ ...one, ...(one.report && { report: relative('.', join(dir, one.report)) }) }))),
    );
  return outcomes;
}
