import { duration, utc } from '../format.ts';
import { SCORE_HEADS, scoreRows } from '../score-rows.ts';
import { distribution, told, type Distribution } from './distribution.ts';
import { groupsOf, verdictCounts, type RunGroup } from './groups.ts';
import type { RunMeasures } from './measures.ts';
import type { RunsReport } from './model.ts';

/** A part of the report as a table; HTML and Markdown draw it in their own way. */
export interface Section {
  title: string;
  /** What the numbers mean, before the table. */
  note?: string;
  heads: readonly string[];
  rows: readonly (readonly string[])[];
  /** Said instead of an empty table. */
  none: string;
  /** The column that holds a verdict. */
  verdictColumn?: number;
}

const spread = ({ count, open, median, p90, worst }: Distribution): string[] => [
  String(count),
  ...[median, p90, worst].map(told),
  count === 0 ? '–' : String(open),
];
const SPREAD_HEADS = ['Median', '90 %', 'Worst', 'Not in time'];

const groupCells = ({ name, service, environment }: RunGroup): string[] => [name, service, environment];
const GROUP_HEADS = ['Experiment', 'Service', 'Environment'];

function verdicts(report: RunsReport): Section {
  const columns = verdictCounts(report.runs).map(([verdict]) => verdict);
  const rows = groupsOf(report).map((group) => {
    const counts = new Map(verdictCounts(group.runs));
    return [...groupCells(group), String(group.runs.length), ...columns.map((verdict) => String(counts.get(verdict) ?? 0))];
  });
  return { title: 'Verdicts', heads: [...GROUP_HEADS, 'Runs', ...columns], rows, none: 'There are no runs.' };
}

function recovery(report: RunsReport): Section {
  const rows = groupsOf(report).map((group) => {
    const unmeasured = group.runs.reduce((sum, run) => sum + run.unmeasured, 0);
    return [...groupCells(group), ...spread(distribution(group.runs.flatMap(({ recoveries }) => recoveries))), String(unmeasured)];
  });
  return {
    title: 'Recovery of the victims',
    note: 'From the end of the fault until steady state was back and the victims were ready, one time for each victim; victims of an iteration count with the time of the slowest. The 90 % took at most the time given. One that was not back in time counts as longer than all others.',
    heads: [...GROUP_HEADS, 'Victims', ...SPREAD_HEADS, 'Not measured'],
    rows,
    none: 'There are no runs.',
  };
}

const scored = ({ scores }: RunsReport): Section => ({
  title: 'Resilience scores',
  note: 'From 0 to 100 by all recorded waves of these services, newer ones counting more; without evidence there is no score.',
  heads: SCORE_HEADS,
  rows: scores.flatMap(scoreRows),
  none: 'No service was scored.',
});

const SPEEDS: readonly (readonly [what: string, meaning: string, of: (run: RunMeasures) => number[]])[] = [
  ['Time to detect', 'first injection → a stop condition or the trigger of a runbook', ({ detections }) => detections],
  ['Time to remediate', 'a runbook begins → it is verified to have helped', ({ remediations }) => remediations],
  ['Victim back', 'hit → the victim, or who replaced it, is ready; each victim', ({ returns }) => returns],
  ['Time to recover', 'end of the fault → steady state, per victim', ({ recoveries }) => recoveries],
  ['Time to full recovery', 'first injection → steady state, per iteration, the hold included', ({ fullRecoveries }) => fullRecoveries],
  ['Breach → undone', "Breakwater's own: breach or abort seen → last undo done, per run that was stopped", ({ stops }) => stops],
];

const speeds = ({ runs }: RunsReport): Section => ({
  title: 'How fast',
  heads: ['Measure', 'From → to', 'Times', ...SPREAD_HEADS],
  rows: SPEEDS.map(([what, meaning, of]) => [what, meaning, ...spread(distribution(runs.flatMap(of)))]),
  none: '',
});

function list({ runs }: RunsReport): Section {
  const rows = runs.toReversed().map(({ run, verdict, victims, recoveries, stops }) => {
    const { median, p90, worst } = distribution(recoveries);
    return [
      ...[run.workflowId, verdict, run.reason ?? '–', utc(run.startedAtMs)],
      run.closedAtMs === undefined ? 'not ended' : duration(run.closedAtMs - run.startedAtMs),
      ...[String(victims), told(median), told(p90), told(worst), told(stops.length ? Math.max(...stops) : undefined)],
    ];
  });
  return {
    title: 'Runs',
    heads: [
      'Run',
      'Verdict',
      'Reason',
      'Started',
      'Took',
      'Victims',
      'Recovery median',
      'Recovery 90 %',
      'Recovery worst',
      'Breach → undone',
    ],
    rows,
    none: 'There are no runs.',
    verdictColumn: 1,
  };
}

/** The tables of the report, in their order. A new one is a line here. */
export const SECTIONS: readonly ((report: RunsReport) => Section)[] = [verdicts, scored, recovery, speeds, list];

/** Measures with their values, for JSON. */
export const speedsOf = ({ runs }: Pick<RunsReport, 'runs'>): [what: string, distribution: Distribution][] =>
  SPEEDS.map(([what, , of]) => [what, distribution(runs.flatMap(of))]);
