import type { PostMortemCheck } from './post-mortem.ts';
import { clopperPearson, type Interval } from './statistics/proportion.ts';
import type { Verdict } from './verdict.ts';

/** What is read of a run to see what was learnt. */
export interface LearningRun {
  workflowId: string;
  name: string;
  service: string;
  environment: string;
  startedAtMs: number;
  verdict?: Verdict;
}

/** What was learnt from bad ends. */
export interface Learning {
  /** Runs that failed or had to be stopped. */
  bad: number;
  /** How many of them have a post-mortem, and how complete these are on average, 0–1; null without one. */
  postMortems: number;
  completeness: number | null;
  /** Of those post-mortems, how many say that the runbook was updated, or need not be. */
  runbooks: number;
  /** Of the bad runs that were followed by one of the same experiment which tells something: how many of these passed. */
  nextPassed: number;
  nextOf: number;
  /** 95 % (Clopper–Pearson); absent without such a run. */
  interval?: Interval;
}

const BAD: readonly Verdict[] = ['failed', 'aborted'];
const TELLING: readonly Verdict[] = ['passed', 'failed', 'aborted'];

/** Whether a run calls for a post-mortem. */
export const callsForPostMortem = ({ verdict }: Pick<LearningRun, 'verdict'>): boolean => verdict !== undefined && BAD.includes(verdict);

const experimentOf = ({ name, service, environment }: LearningRun): string => JSON.stringify([name, service, environment]);

/**
 * Finds the run after each of many. The runs of an experiment are sorted once: to look through ten thousand for each of them keeps a process, which
 * may be the API, busy for seconds.
 */
function nextAmong<R extends LearningRun>(runs: readonly R[]): (run: LearningRun) => R | undefined {
  const telling = new Map<string, R[]>();
  for (const one of runs) {
    if (one.verdict === undefined || !TELLING.includes(one.verdict)) continue;
    const known = telling.get(experimentOf(one));
    if (known) known.push(one);
    else telling.set(experimentOf(one), [one]);
  }
  for (const each of telling.values()) each.sort((a, b) => a.startedAtMs - b.startedAtMs);
  return (run) => {
    const each = telling.get(experimentOf(run)) ?? [];
    let [low, high] = [0, each.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((each[middle]?.startedAtMs ?? Infinity) > run.startedAtMs) high = middle;
      else low = middle + 1;
    }
    return each[low];
  };
}

/** The first run of the same experiment afterwards that tells something of the system; undefined: none yet. */
export const nextRun = <R extends LearningRun>(run: LearningRun, runs: readonly R[]): R | undefined => nextAmong(runs)(run);

/**
 * @param runs in any order
 * @param postMortems one per run at most; those of other runs are not counted
 */
export function learningOf(
  runs: readonly LearningRun[],
  postMortems: readonly (Pick<PostMortemCheck, 'completed' | 'fields' | 'runbook'> & { workflowId: string })[],
): Learning {
  const bad = runs.filter(callsForPostMortem);
  const badIds = new Set(bad.map(({ workflowId }) => workflowId));
  const written = postMortems.filter(({ workflowId }) => badIds.has(workflowId));
  const after = nextAmong(runs);
  const next = bad.flatMap((run) => after(run) ?? []);
  const nextPassed = next.filter(({ verdict }) => verdict === 'passed').length;
  const interval = clopperPearson(nextPassed, next.length, 0.95);
  return {
    bad: bad.length,
    postMortems: written.length,
    completeness:
      written.length === 0 ? null : written.reduce((sum, { completed, fields }) => sum + completed / fields, 0) / written.length,
    runbooks: written.filter(({ runbook }) => runbook === 'updated' || runbook === 'not-needed').length,
    nextPassed,
    nextOf: next.length,
    ...(interval && { interval }),
  };
}
