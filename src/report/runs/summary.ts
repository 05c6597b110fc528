import { utc } from '../format.ts';
import { distribution, told } from './distribution.ts';
import { verdictCounts } from './groups.ts';
import type { RunsReport } from './model.ts';

/** What all runs together say, for a reader with ten seconds. */
export function summaryOf({ runs }: RunsReport): string {
  if (runs.length === 0) return 'No run fits what was asked for.';
  const verdicts = verdictCounts(runs).map(([verdict, count]) => `${count} ${verdict}`);
  const { count, open, median, p90, worst } = distribution(runs.flatMap(({ recoveries }) => recoveries));
  const missed = open ? `; ${open} of them ${open === 1 ? 'was' : 'were'} not back in time` : '';
  const recovery =
    count === 0
      ? 'No recovery was measured.'
      : `Recovery took ${told(median)} at the median, ${told(p90)} for 90 % and ${told(worst)} at worst, over ${count} victim${count === 1 ? '' : 's'}${missed}.`;
  const stops = distribution(runs.flatMap((run) => run.stops));
  const stopped = stops.count ? ` What was stopped was undone within ${told(stops.worst)} at worst.` : '';
  return `${runs.length} run${runs.length === 1 ? '' : 's'}: ${verdicts.join(', ')}. ${recovery}${stopped}`;
}

/** What must be said before the numbers are believed. */
export function warningsOf({ runs, scope }: RunsReport): string[] {
  const left = runs.filter(({ leftovers }) => leftovers > 0);
  const scaled = runs.filter(({ run }) => run.timeScale !== 1).length;
  const running = runs.filter(({ verdict }) => verdict === 'running').length;
  return [
    ...left.map(
      ({ run }) =>
        `${run.workflowId} left something behind that could not be undone at its end: see its own report, and breakwater leftovers.`,
    ),
    ...(scope.isCut
      ? [
          `Only the newest ${runs.length} runs are here: there are older ones that fit. Ask for fewer with --since, or for more with --limit.`,
        ]
      : []),
    ...(scaled ? [`${scaled} of the runs had their durations scaled; the times here are as they were measured.`] : []),
    ...(running ? [`${running} of the runs had not ended when this was written.`] : []),
  ];
}

/** What the report is about, as name and value. */
export function scopeFacts({ scope, runs }: RunsReport): [name: string, value: string][] {
  const [first, last] = [runs[0], runs.at(-1)];
  return [
    ...scope.asked.map(([name, value]): [string, string] => [name, value]),
    ...(first && last ? [['Runs started', `${utc(first.run.startedAtMs)} to ${utc(last.run.startedAtMs)}`] as [string, string]] : []),
    ['Written', utc(scope.asOfMs)],
  ];
}
