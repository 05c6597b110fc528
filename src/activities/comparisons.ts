import { judge, type Look } from '../domain/comparison/judge.ts';
import type { Judgement } from '../domain/comparison/judgement.ts';
import { strataOf, type FaultSpan } from '../domain/comparison/strata.ts';
import type { Comparison } from '../domain/experiment/comparisons.ts';
import type { Records, RecordedSample } from '../records/ports.ts';

/** A wave to be judged after one of its iterations. */
export interface ComparisonInput {
  workflowId: string;
  comparisons: Comparison[];
  look: Look;
  /** Every iteration of the run that is over and had a fault. */
  spans: FaultSpan[];
}

/** Creates the activity that judges a wave's comparisons from the recorded samples. */
export const createComparisons = (records: Pick<Records, 'samples'>) => ({
  /**
   * Reads the signals back and judges them. The same records and seed give the same judgements.
   * @throws RecordsError when the records do not answer
   */
  async judgeComparisons({ workflowId, comparisons, look, spans }: ComparisonInput): Promise<Judgement[]> {
    const names = [...new Set(comparisons.flatMap(({ probe, control }) => [probe, ...(control === undefined ? [] : [control])]))];
    const samples: RecordedSample[] = (await Promise.all(names.map((probe) => records.samples(workflowId, { probe })))).flat();
    return judge(
      comparisons.map((rule) => ({ rule, strata: strataOf(rule, look.wave, spans, samples) })),
      look,
    );
  },
});
