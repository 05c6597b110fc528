import { ascending, isUsable } from './finite.ts';
import { quantile, quantileOfSorted } from './quantile.ts';

/** What a series looks like to somebody who does not trust its extremes. In the unit of the values. */
export interface RobustSummary {
  count: number;
  min: number;
  p25: number;
  median: number;
  p75: number;
  p95: number;
  max: number;
  /** Median absolute deviation, not scaled to a standard deviation. */
  mad: number;
}

/** @returns undefined without values, or when one of them is not finite */
export function robustSummary(values: readonly number[]): RobustSummary | undefined {
  if (!isUsable(values)) return undefined;
  const sorted = ascending(values);
  const at = (p: number): number => quantileOfSorted(sorted, p);
  const median = at(0.5);
  const mad = quantile(
    sorted.map((value) => Math.abs(value - median)),
    0.5,
  );
  return { count: sorted.length, min: at(0), p25: at(0.25), median, p75: at(0.75), p95: at(0.95), max: at(1), mad: mad ?? NaN };
}
