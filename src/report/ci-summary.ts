import { escapeMarkdown, table } from './markdown-table.ts';

/** What became of one experiment of a CI job. */
export interface CiOutcome {
  /** The file as it was named. */
  file: string;
  name: string;
  /** Absent: it was not run to its end. */
  verdict?: string;
  reason: string;
  /** What could not be undone. */
  leftovers: string[];
  /** Its report, relative to the summary; absent when there is none. */
  report?: string;
}

const isPassed = ({ verdict, leftovers }: CiOutcome): boolean => verdict === 'passed' && leftovers.length === 0;

function headline(outcomes: readonly CiOutcome[]): string {
  const passed = outcomes.filter(isPassed).length;
  return passed === outcomes.length
    ? `✅ Breakwater: ${passed} of ${passed} experiments passed`
    : `❌ Breakwater: ${passed} of ${outcomes.length} experiments passed`;
}

/** The summary of a CI job for a pull request, as GitHub-flavoured Markdown: one row per experiment, those that did not pass first. */
export function renderCiSummary(outcomes: readonly CiOutcome[]): string {
  const sorted = [...outcomes].sort((a, b) => Number(isPassed(a)) - Number(isPassed(b)));
  const rows = sorted.map(({ name, file, verdict, reason, report }) => [name, file, verdict ?? 'not run', reason, report ?? '']);
  const left = outcomes.flatMap(({ name, leftovers }) => leftovers.map((what) => `${name}: ${what}`));
  return [
    `### ${headline(outcomes)}`,
    table(['Experiment', 'File', 'Verdict', 'Reason', 'Report'], rows, 'No experiment was chosen.'),
    ...(left.length ? [`**${escapeMarkdown(`Could not be undone, a person must look: ${left.join('; ')}`)}**`] : []),
    '',
  ].join('\n\n');
}
