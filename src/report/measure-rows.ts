import * as z from 'zod';
import { describeJudgement, type Judgement } from '../domain/comparison/judgement.ts';
import { duration, quantity } from './format.ts';
import { impacts, recoveryMeasure } from './measures.ts';
import type { RunReport } from './model.ts';
import { unitOf } from './signals.ts';
import { percent } from '../domain/percent.ts';

/** Heads of the table of impacts. */
export const IMPACT_HEADS = ['Wave', 'Signal', 'Baseline median', 'Under the fault', 'Shift', '95 % interval'] as const;

/** What the fault did to each signal, for a table. */
export function impactRows(report: Pick<RunReport, 'run' | 'signals'>): string[][] {
  return impacts(report).map(({ wave, probe, baseline, fault, shift, interval }) => {
    const unit = unitOf(report.run.experiment, probe);
    const [low, high] = [quantity(interval?.low), quantity(interval?.high, unit)];
    return [
      wave,
      probe,
      quantity(baseline, unit),
      quantity(fault, unit),
      quantity(shift, unit),
      interval ? `${low} to ${high}` : 'too few values',
    ];
  });
}

/** How often and how fast the system came back, in one sentence. */
export function recoverySentence(report: Pick<RunReport, 'run'>): string {
  const measure = recoveryMeasure(report);
  if (!measure) return 'No iteration had anything to recover from.';
  const { recovered, of, interval, times } = measure;
  const spread = times
    ? ` It took ${duration(times.median)} at the median, ${duration(times.p95)} at the 95th percentile, ${duration(times.max)} at most.`
    : '';
  return `Recovered in time in ${recovered} of ${of}: with 95% confidence in ${percent(interval.low, 1)} to ${percent(interval.high, 1)} of all.${spread}`;
}

/** Heads of the table of comparisons. */
export const COMPARISON_HEADS = ['Wave', 'Signal', 'Outcome', 'Shown', 'In words'] as const;

/** What the table reads of a judgement; a record of another version that lacks it has no row. */
const Recorded = z.looseObject({
  ...{ wave: z.string(), probe: z.string(), design: z.string(), outcome: z.string() },
  ...{ shift: z.number().nullable(), low: z.number().nullable(), high: z.number().nullable(), effect: z.number().nullable() },
  p: z.number().nullable(),
  batches: z.object({ reference: z.number(), treated: z.number() }),
});

const SHOWN: Record<string, string> = { 'at-look': 'before the end (sequential test)', 'at-end': 'at the end (rank-sum test)' };

/** The last judgement of each comparison of each wave. Read from the events, so that a run that was cut short has them too. */
export function comparisonRows({ events }: Pick<RunReport, 'events'>): string[][] {
  const judgements = events.flatMap(({ kind, data }) =>
    kind === 'compared' && Recorded.safeParse(data).success ? [data as unknown as Judgement] : [],
  );
  const newest = new Map(judgements.map((judgement) => [JSON.stringify([judgement.wave, judgement.probe, judgement.design]), judgement]));
  return [...newest.values()].map((judgement) => {
    const { wave, probe, outcome, decidedBy = '' } = judgement;
    return [wave, probe, outcome, Object.hasOwn(SHOWN, decidedBy) ? (SHOWN[decidedBy] ?? '') : 'nothing', describeJudgement(judgement)];
  });
}
