import { detectableShift, timesNeeded } from '../statistics/power.ts';
import { quantile } from '../statistics/quantile.ts';
import { robustSummary } from '../statistics/robust-summary.ts';
import type { Cut } from './cut.ts';
import type { Judgement } from './judgement.ts';
import type { ComparisonRule } from './rule.ts';

/** A standard deviation in terms of the median absolute deviation, for normal data. */
const NORMAL_MAD = 1.4826;

/** Spread of the batches about the middle of their own stretch; undefined below 4 batches, which tell none. */
export function spread({ strata }: Pick<Cut, 'strata'>): number | undefined {
  const about = (values: readonly number[]): number[] => values.map((value) => value - (quantile(values, 0.5) ?? NaN));
  const centred = strata.flatMap(({ reference, treated }) => [...about(reference), ...about(treated)]);
  const mad = centred.length < 4 ? undefined : robustSummary(centred)?.mad;
  return mad === undefined ? undefined : mad * NORMAL_MAD;
}

/** Smallest shift that this much data shows with the planned power, at the error that is left for the end. */
export function detectable(pieces: Cut, { power }: ComparisonRule, alpha: Judgement['alpha']): number | undefined {
  const sigma = spread(pieces);
  return sigma === undefined ? undefined : detectableShift(pieces.referenceCount, pieces.treatedCount, sigma, { alpha: alpha.end, power });
}

/** What would have been needed, in words that can be acted on. */
export function whatIsMissing(
  pieces: Cut,
  rule: ComparisonRule,
  { batches, effect, alpha, isFinal }: Omit<Judgement, 'outcome' | 'p'>,
): string {
  if (effect === null) return 'the reference has no values';
  if (!isFinal) return 'more iterations are planned';
  const stretch = `${batches.length + batches.gap} samples in a row make one independent batch`;
  const sigma = spread(pieces);
  if (batches.reference < 3 || batches.treated < 3 || sigma === undefined)
    return `only ${batches.reference} and ${batches.treated} independent batches (${stretch}): measure longer, or repeat more often`;
  const factor = timesNeeded(batches.reference, batches.treated, sigma, effect, { alpha: alpha.end, power: rule.power });
  const done = pieces.strata.length;
  if (factor <= 1) return 'the effect lies at the edge of what matters: neither it nor its absence is shown';
  return `about ${Math.ceil(done * factor)} iterations instead of ${done} would show an effect of ${Number(effect.toPrecision(3))} with ${rule.power * 100}% power`;
}
