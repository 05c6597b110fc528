import { autocorrelationTime } from '../statistics/autocorrelation.ts';
import { batches, batchRule, type BatchRule, type BatchStatistic } from '../statistics/batches.ts';
import { sum } from '../statistics/finite.ts';
import { quantile } from '../statistics/quantile.ts';
import type { Stratum } from '../statistics/rank-sum.ts';

/** Series cut into pieces that may be taken for independent, one number each. */
export interface Cut {
  strata: Stratum[];
  rule: BatchRule;
  referenceMedian: number;
  referenceCount: number;
  treatedCount: number;
}

/** A median says nothing of a signal that is mostly one value (an error ratio is mostly 0): its mean does. */
function statisticFor(values: readonly number[]): BatchStatistic {
  const middle = quantile(values, 0.5);
  return values.filter((value) => value === middle).length > values.length / 4 ? 'mean' : 'median';
}

const usable = (values: readonly number[]): number[] => values.filter(Number.isFinite);

/** One rule for all stretches, read from all of them together: a rule of its own for each would let chance decide who is smoother. */
export function cut(given: readonly Stratum[]): Cut {
  const clean = given.map(({ reference, treated }) => ({ reference: usable(reference), treated: usable(treated) }));
  const stretches = clean.flatMap(({ reference, treated }) => [reference, treated]);
  const rule = batchRule(autocorrelationTime(stretches));
  const statistic = statisticFor(stretches.flat());
  const strata = clean.map(({ reference, treated }) => ({
    reference: batches(reference, rule, statistic),
    treated: batches(treated, rule, statistic),
  }));
  return {
    strata,
    rule,
    referenceMedian:
      quantile(
        clean.flatMap(({ reference }) => reference),
        0.5,
      ) ?? NaN,
    referenceCount: sum(strata.map(({ reference }) => reference.length)),
    treatedCount: sum(strata.map(({ treated }) => treated.length)),
  };
}
