import { isRunningCount, OUTLIER, rankContributions, type Contribution } from '../domain/contributions.ts';
import { blankField, headOf, type Field } from '../domain/post-mortem.ts';
import type { RecordedSignal } from '../records/ports.ts';
import { answer } from './answer.ts';
import { BUSINESS_HEADS, businessRows, NO_BUSINESS } from './business.ts';
import { describeData } from './describe-data.ts';
import { readExperiment } from './experiment.ts';
import { place, quantity, utc } from './format.ts';
import { groupBy } from './group.ts';
import { escapeMarkdown, table } from './markdown-table.ts';
import { IMPACT_HEADS, impactRows, recoverySentence } from './measure-rows.ts';
import type { RunReport } from './model.ts';
import { proposePrecondition } from './propose-precondition.ts';
import { readResult } from './result.ts';
import { wentWell, wentWrong } from './went.ts';

/** What a draft is made of: the report of the run, and what the signals were like before earlier faults of the same experiment. */
export interface PostMortemSource {
  report: RunReport;
  /** Signals of earlier runs, of which the baselines count. */
  earlier: readonly RecordedSignal[];
}

/** Rows of the timeline: the newest ones are kept, because that is where it went wrong. */
const MOST_ROWS = 200;

/** A value of a baseline: of one sample, or of neighbours in the mean. */
interface Seen {
  probe: string;
  wave: string;
  iteration: number;
  atMs: number;
  value: number;
}

const baselinesOf = (signals: readonly RecordedSignal[]): Seen[] =>
  signals.flatMap(({ probe, buckets }) =>
    buckets.flatMap(({ phase, wave, iteration, fromMs, mean }) =>
      phase === 'baseline' && mean !== null ? [{ probe, wave, iteration, atMs: fromMs, value: mean }] : [],
    ),
  );

/** Values by signal, in the order of time. */
const valuesOf = (seen: readonly Seen[]): Record<string, number[]> =>
  Object.fromEntries(
    [
      ...groupBy(
        [...seen].sort((a, b) => a.atMs - b.atMs),
        ({ probe }) => probe,
      ),
    ].map(([probe, own]) => [probe, own.map(({ value }) => value)]),
  );

/**
 * Signals that were unusual before the fault of the last iteration that acted: against the baselines of earlier runs, and where there
 * are none, against the earlier baselines of the same run.
 */
export function contributionsOf({ report, earlier }: PostMortemSource): Contribution[] {
  const acted = readResult(report.run.result).iterations.filter(({ dryRun }) => !dryRun);
  const last = acted.at(-1);
  const baselines = baselinesOf(report.signals);
  const known = baselinesOf(earlier);
  const isLast = ({ wave, iteration }: Seen): boolean => wave === last?.wave && iteration === last.iteration;
  if (!last) return [];
  const own = baselines.filter((seen) => !isLast(seen));
  const probes = new Set(known.map(({ probe }) => probe));
  const usual = valuesOf([...known, ...own.filter(({ probe }) => !probes.has(probe))]);
  const before = Object.entries(valuesOf(baselines.filter(isLast))).filter(
    ([probe, values]) => !isRunningCount([...(Object.hasOwn(usual, probe) ? (usual[probe] ?? []) : []), ...values]),
  );
  return rankContributions(Object.fromEntries(before), usual);
}

function contributionsTable(found: readonly Contribution[], report: RunReport): string {
  const { probes } = readExperiment(report.run.experiment);
  const rows = found.map(({ probe, before, usual, score, values }) => {
    const unit = Object.hasOwn(probes, probe) ? (probes[probe]?.unit ?? '') : '';
    return [
      probe,
      quantity(before, unit),
      quantity(usual, unit),
      `${score > 0 ? 'above' : 'below'}, ${quantity(Math.abs(score))} spreads`,
      String(values),
    ];
  });
  const none = `No signal was outside of what is usual for it (${OUTLIER} spreads) before the fault, or there are too few earlier values to tell.`;
  return table(['Signal', 'Before the fault', 'Usually', 'How far', 'Values compared with'], rows, none);
}

const list = (lines: readonly string[], none: string): string =>
  lines.length === 0 ? none : lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n');

function timeline({ events }: RunReport): string {
  const shown = events.slice(-MOST_ROWS);
  const rows = shown.map(({ atMs, wave, iteration, kind, data }) => [utc(atMs), place(wave, iteration), kind, describeData(data)]);
  const hidden = events.length - shown.length;
  return `${table(['Time', 'Wave', 'Event', 'Details'], rows, 'No event was recorded.')}${hidden > 0 ? `\n\n${hidden} earlier events are in the report.` : ''}`;
}

const ACTIONS = `| What | Who | Until when |\n|---|---|---|\n| TODO: what is changed, so that it cannot happen in the same way | TODO | TODO |`;

/** A post-mortem in Markdown: what the record tells is filled in, what only people know is left to be completed. Times are UTC. */
export function draftPostMortem(source: PostMortemSource): string {
  const { report } = source;
  const { verdict, sentence, reason } = answer(report);
  const found = contributionsOf(source);
  const field = (title: string, name: Field, text?: string): string => `### ${title}\n\n${blankField(name, text)}`;
  const { run } = report;
  const parts = [
    headOf(run.workflowId),
    `# Post-mortem: ${escapeMarkdown(run.name)}`,
    escapeMarkdown(`Run ${run.workflowId} of ${utc(run.startedAtMs)}: ${run.service} in ${run.environment}, owned by ${run.owner}.`),
    `**${escapeMarkdown(`${verdict}: ${sentence}`)}**`,
    escapeMarkdown(`Reason: ${reason}`),
    field('Summary', 'summary'),
    field('How it was noticed', 'detection'),
    `## Impact\n\n${escapeMarkdown(recoverySentence(report))}`,
    table(IMPACT_HEADS, impactRows(report), 'No signal was measured both before and under a fault.'),
    table(BUSINESS_HEADS, businessRows(report), NO_BUSINESS),
    field('Who noticed anything', 'customer-impact'),
    `## Timeline\n\n${timeline(report)}`,
    `## What worked\n\n${list(wentWell(report), 'The record shows nothing that helped.')}`,
    field('What else helped', 'what-worked'),
    `## What did not\n\n${list(wentWrong(report), 'The record shows nothing that failed.')}`,
    field('What else was missing', 'what-did-not'),
    `## Why\n\n${contributionsTable(found, report)}`,
    'A signal that was unusual before is a candidate, not a cause.',
    field('Root cause', 'root-cause'),
    `## Proposed precondition\n\n${proposePrecondition(found, run.experiment)}`,
    field('Decision', 'precondition'),
    field('Runbook', 'runbook'),
    field('Action items', 'action-items', ACTIONS),
  ];
  return `${parts.join('\n\n')}\n`;
}
