import { sum } from './finite.ts';
import { quantile } from './quantile.ts';

/** How a series is cut so that its pieces may be taken for independent. Both in samples. */
export interface BatchRule {
  length: number;
  /** Samples left out between two batches. */
  gap: number;
}

/** Batches twice as long as the autocorrelation time, with half a batch of rest between two. */
export function batchRule(autocorrelationTime: number): BatchRule {
  const length = Math.ceil(2 * autocorrelationTime);
  return { length, gap: Math.ceil(length / 2) };
}

/** What stands for a batch: the median of a level, the mean of a count or a ratio (whose median would mostly be zero). */
export type BatchStatistic = 'median' | 'mean';

/**
 * Cuts one stretch of samples into batches and gives one number for each. What does not fill a batch is left out.
 * @see Conway 1963, Management Science 10(1) (batch means); Künsch 1989, Annals of Statistics 17(3) (why blocks keep the dependence)
 */
export function batches(values: readonly number[], { length, gap }: BatchRule, statistic: BatchStatistic): number[] {
  const count = Math.floor((values.length + gap) / (length + gap));
  return Array.from({ length: count }, (_, i) => {
    const batch = values.slice(i * (length + gap), i * (length + gap) + length);
    return statistic === 'mean' ? sum(batch) / batch.length : (quantile(batch, 0.5) ?? NaN);
  });
}
