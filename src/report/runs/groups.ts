import { groupBy } from '../group.ts';
import type { RunMeasures } from './measures.ts';
import type { RunsReport } from './model.ts';

/** The order in which verdicts are told; one that nobody here knows comes last. */
const VERDICTS = ['passed', 'failed', 'aborted', 'inconclusive', 'invalid', 'void', 'denied', 'error', 'running'];
const rank = (verdict: string): number => (VERDICTS.includes(verdict) ? VERDICTS.indexOf(verdict) : VERDICTS.length);

/** Runs that can be compared with each other: of one experiment against one service in one environment. */
export interface RunGroup {
  name: string;
  service: string;
  environment: string;
  /** Oldest first. */
  runs: RunMeasures[];
}

/** By name, service and environment. */
export function groupsOf({ runs }: Pick<RunsReport, 'runs'>): RunGroup[] {
  const groups = groupBy(runs, ({ run }) => JSON.stringify([run.name, run.service, run.environment]));
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, own]) => {
      const [name, service, environment] = JSON.parse(key) as [string, string, string];
      return { name, service, environment, runs: own };
    });
}

/** How often each verdict was reached, those that never were left out. */
export function verdictCounts(runs: readonly Pick<RunMeasures, 'verdict'>[]): [verdict: string, count: number][] {
  const counts = [...groupBy(runs, ({ verdict }) => verdict)].map(([verdict, own]): [string, number] => [verdict, own.length]);
  return counts.sort(([a], [b]) => rank(a) - rank(b));
}
