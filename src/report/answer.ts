import { readExperiment } from './experiment.ts';
import type { RunReport } from './model.ts';
import { readResult } from './result.ts';

/** What a run says about its hypothesis, for a reader with ten seconds. */
export interface Answer {
  /** The verdict, or `running`. */
  verdict: string;
  /** One sentence that answers the hypothesis. */
  sentence: string;
  reason: string;
  hypothesis: string;
  /** What could not be undone: louder than any verdict. */
  leftovers: string[];
}

const SENTENCES: Record<string, (hypothesis: string) => string> = {
  passed: (h) => `Yes, it held: ${h}`,
  failed: (h) => `No, it was refuted: ${h}`,
  aborted: (h) => `Not confirmed, because the run was stopped before its end: ${h}`,
  inconclusive: (h) => `No answer, because there is too little data to tell: ${h}`,
  invalid: (h) => `No answer, because the fault is not proven to have happened: ${h}`,
  void: (h) => `No answer, because an unrelated incident disturbed the run: ${h}`,
  'wave-denied': (h) => `Not answered to the end, because a wave was not allowed or had not earned it: ${h}`,
  denied: (h) => `Not asked, because the run was not allowed: ${h}`,
  error: (h) => `No answer, because Breakwater itself failed: ${h}`,
  running: (h) => `No answer yet, the run is going on: ${h}`,
};

/** An unknown verdict answers nothing: in doubt it is not a pass. */
export function answer({ run }: Pick<RunReport, 'run'>): Answer {
  const verdict: string = run.verdict ?? 'running';
  const hypothesis = readExperiment(run.experiment).hypothesis || 'the experiment states no hypothesis';
  const { rule, leftovers } = readResult(run.result);
  // A run that was denied in the middle has done something: its other waves have verdicts of their own.
  const key = rule === 'wave-denied' ? rule : verdict;
  const say = Object.hasOwn(SENTENCES, key) ? SENTENCES[key] : undefined;
  return {
    verdict,
    sentence: say ? say(`“${hypothesis}”`) : `No answer (${verdict}): “${hypothesis}”`,
    reason: run.reason ?? (run.verdict ? 'no reason was recorded' : 'the run has not ended'),
    hypothesis,
    leftovers,
  };
}
