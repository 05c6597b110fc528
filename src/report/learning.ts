import { callsForPostMortem, learningOf, nextRun, type Learning } from '../domain/learning.ts';
import { percent } from '../domain/percent.ts';
import type { RecordedPostMortem, RunHead, RunRecord } from '../records/ports.ts';

/** What was learnt from a run, and from its experiment as a whole. */
export interface RunLearning {
  /** The newest post-mortem that was handed in for the run. */
  postMortem?: RecordedPostMortem;
  /** The next run of the same experiment that tells something. */
  next?: Pick<RunRecord, 'workflowId' | 'verdict'>;
  experiment: Learning;
}

/**
 * @param runs all that are known of the same experiment, service and environment, in any order
 * @param postMortems the newest of each of those runs
 */
export function learningFrom(run: RunRecord, runs: readonly RunHead[], postMortems: readonly RecordedPostMortem[]): RunLearning {
  const postMortem = postMortems.find(({ workflowId }) => workflowId === run.workflowId);
  const next = nextRun(run, runs);
  return {
    ...(postMortem && { postMortem }),
    ...(next && { next: { workflowId: next.workflowId, ...(next.verdict && { verdict: next.verdict }) } }),
    experiment: learningOf(runs, postMortems),
  };
}

/** What was learnt, in sentences. None when nobody looked it up. */
export function learningSentences(run: Pick<RunRecord, 'verdict'>, learning: RunLearning | undefined): string[] {
  if (!learning) return [];
  const { postMortem, next, experiment } = learning;
  const { bad, postMortems, completeness, runbooks, nextPassed, nextOf, interval } = experiment;
  const written = postMortem
    ? `The post-mortem is ${percent(postMortem.completed / postMortem.fields, 1)} complete; runbook: ${postMortem.runbook.replace('-', ' ')}.`
    : 'No post-mortem of this run is recorded.';
  return [
    ...(callsForPostMortem(run) || postMortem ? [written] : []),
    next
      ? `The next run that tells something ${next.verdict ?? 'goes on'}: ${next.workflowId}.`
      : 'No later run of this experiment tells anything yet.',
    bad === 0
      ? 'No recorded run of this experiment has ended badly.'
      : `Of ${bad} runs of this experiment that ended badly, ${postMortems} have a post-mortem${completeness === null ? '' : `, ${percent(completeness, 1)} complete on average; ${runbooks} of them settled the runbook`}.`,
    ...(interval
      ? [
          `After a bad end the next run passed in ${nextPassed} of ${nextOf}: with 95% confidence in ${percent(interval.low, 1)} to ${percent(interval.high, 1)} of all.`,
        ]
      : []),
  ];
}
