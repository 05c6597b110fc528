import { answer } from './answer.ts';
import { BUSINESS_HEADS, businessRows, namesBusiness, NO_BUSINESS } from './business.ts';
import { describeData, isDecision } from './describe-data.ts';
import { stopLatencies } from './fault-windows.ts';
import { duration, place, quantity, utc } from './format.ts';
import { iterationRows } from './iterations.ts';
import { learningSentences } from './learning.ts';
import { COMPARISON_HEADS, comparisonRows, IMPACT_HEADS, impactRows, recoverySentence } from './measure-rows.ts';
import type { RunReport } from './model.ts';
import { runFacts } from './run-facts.ts';
import { signalsOf } from './signals.ts';
import { victimRows } from './victims.ts';

/** User text as Markdown text: on one line, and nothing in it is markup, HTML, an entity or a table's border. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\p{Cc}\p{Surrogate}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu, ' ').replace(/[\\`*_[\]<>|~&#!$]/g, '\\$&');

/** A table in Markdown, its cells escaped; `none` when it has no rows. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[], none: string): string {
  if (rows.length === 0) return none;
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => escapeMarkdown(cell) || '–').join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const latency = (ms: number | undefined): string => (ms === undefined ? '' : duration(ms));

function wavesTable(report: RunReport): string {
  const rows = iterationRows(report).map((row) => [
    ...[place(row.wave, row.iteration), row.dryRun ? 'dry run' : 'live', row.outcome, String(row.victims)],
    ...[latency(row.faultMs), row.recovery, latency(row.stopLatencyMs)],
  ]);
  return table(['Wave', 'Kind', 'Outcome', 'Victims', 'Fault lasted', 'Recovery', 'Stop → undone'], rows, 'No wave was begun.');
}

function signalsTable(report: RunReport): string {
  const rows = signalsOf(report).flatMap(({ probe, unit, phases }) =>
    phases.map(({ phase, min, median, max, values, problems }) => [
      ...[probe, phase, quantity(min, unit), quantity(median, unit), quantity(max, unit)],
      `${values} values, ${problems} without`,
    ]),
  );
  return table(['Signal', 'Phase', 'Lowest', 'Median', 'Highest', 'Samples'], rows, 'No samples were recorded.');
}

const limitsTable = ({ limits }: RunReport): string =>
  table(
    ['Signal', 'Limit', 'Crossed when'],
    Object.entries(limits).flatMap(([probe, all]) =>
      all.map(({ label, direction, value }) => [probe, label, `${direction} ${quantity(value)}`]),
    ),
    'The experiment sets no limit that is a number.',
  );

const eventsTable = (events: RunReport['events'], none: string): string =>
  table(
    ['Time', 'Wave', 'Event', 'Details'],
    events.map(({ atMs, wave, iteration, kind, data }) => [utc(atMs), place(wave, iteration), kind, describeData(data)]),
    none,
  );

const victimsTable = (report: RunReport): string =>
  table(
    ['Victim', 'Identity', 'Wave', 'Outcome', 'Evidence', 'Undo'],
    victimRows(report).map((row) => [row.name, row.identity, place(row.wave, row.iteration), row.outcome, row.evidence, row.undone]),
    'Nobody was hit.',
  );

/** The report as GitHub-flavoured Markdown. Times are UTC. */
export function renderMarkdown(report: RunReport): string {
  const { verdict, sentence, reason, leftovers } = answer(report);
  const stops = stopLatencies(report.events).map(
    (stop) => `${stop.cause} in ${place(stop.wave, stop.iteration)}: ${duration(stop.latencyMs)} until undone`,
  );
  const sections: [string, string][] = [
    ['Waves', wavesTable(report)],
    ['Comparisons', table(COMPARISON_HEADS, comparisonRows(report), 'The experiment compares nothing, or no wave came that far.')],
    [
      'Measures',
      `${escapeMarkdown(recoverySentence(report))}\n\n${table(IMPACT_HEADS, impactRows(report), 'No signal was measured both before and under a fault.')}`,
    ],
    ...(namesBusiness(report) ? [['Business', table(BUSINESS_HEADS, businessRows(report), NO_BUSINESS)] as [string, string]] : []),
    ...(report.learning
      ? [['Learning', learningSentences(report.run, report.learning).map(escapeMarkdown).join('\n\n')] as [string, string]]
      : []),
    ['Victims', victimsTable(report)],
    ['Signals', signalsTable(report)],
    ['Limits', limitsTable(report)],
    ['Decisions', eventsTable(report.events.filter(isDecision), 'No decision was recorded.')],
    ['Timeline', eventsTable(report.events, 'No event was recorded.')],
  ];
  const parts = [
    `# ${escapeMarkdown(report.run.name)}: ${escapeMarkdown(verdict)}`,
    `**${escapeMarkdown(sentence)}**`,
    escapeMarkdown(`Reason: ${reason}`),
    ...(leftovers.length ? [`**${escapeMarkdown(`Could not be undone, a person must look: ${leftovers.join('; ')}`)}**`] : []),
    table(['Fact', 'Value'], runFacts(report), ''),
    ...stops.map(escapeMarkdown),
    ...sections.flatMap(([title, body]) => [`## ${title}`, body]),
  ];
  return `${parts.join('\n\n')}\n`;
}
