import { answer } from './answer.ts';
import { BUSINESS_HEADS, businessRows, namesBusiness, NO_BUSINESS } from './business.ts';
import { describeData, isDecision } from './describe-data.ts';
import { stopLatencies } from './fault-windows.ts';
import { duration, place, quantity, utc } from './format.ts';
import { iterationRows } from './iterations.ts';
import { learningSentences } from './learning.ts';
import { COMPARISON_HEADS, comparisonRows, IMPACT_HEADS, impactRows, recoverySentence } from './measure-rows.ts';
import { escapeMarkdown, table } from './markdown-table.ts';
import type { RunReport } from './model.ts';
import { runFacts } from './run-facts.ts';
import { countsOf, KEPT_LEAST, KEPT_LESS, signalsOf } from './signals.ts';
import { victimRows } from './victims.ts';

const latency = (ms: number | undefined): string => (ms === undefined ? '' : duration(ms));

function wavesTable(report: RunReport): string {
  const rows = iterationRows(report).map((row) => [
    ...[place(row.wave, row.iteration), row.dryRun ? 'dry run' : 'live', row.outcome, String(row.victims)],
    ...[latency(row.faultMs), row.recovery, latency(row.stopLatencyMs)],
  ]);
  return table(['Wave', 'Kind', 'Outcome', 'Victims', 'Fault lasted', 'Recovery', 'Stop → undone'], rows, 'No wave was begun.');
}

function signalsTable(report: RunReport): string {
  const signals = signalsOf(report);
  const rows = signals.flatMap(({ probe, unit, phases }) =>
    phases.map(({ phase, min, median, max, ...counts }) => [
      ...[probe, phase, quantity(min, unit), quantity(median, unit), quantity(max, unit), countsOf(counts)],
    ]),
  );
  const shown = table(['Signal', 'Phase', 'Lowest', 'Median', 'Highest', 'Samples'], rows, 'No samples were recorded.');
  const thinned = signals.find(({ isFull }) => !isFull);
  return thinned ? `${thinned.buckets.length ? KEPT_LESS : KEPT_LEAST}\n\n${shown}` : shown;
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
