import { parseNumber } from './answer.ts';

/** A histogram bucket: how many observations were at most `upper`. */
export interface Bucket {
  upper: number;
  count: number;
}

/**
 * Quantile of a histogram, as Prometheus' histogram_quantile does it: linear within a bucket, the lowest bucket beginning at 0.
 * A quantile that lies in the +Inf bucket gives the highest finite bound, so buckets must reach beyond any limit that is set.
 * @param q       0 < q < 1
 * @param buckets cumulative, in any order, with one for +Inf
 * @returns undefined without observations @throws Error without a +Inf bucket or without a finite one
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function histogramQuantile(q: number, buckets: readonly Bucket[]): number | undefined {
  const sorted = grown([...buckets].sort((a, b) => a.upper - b.upper));
  const top = sorted.at(-1);
  if (top?.upper !== Infinity) throw new Error('the histogram has no bucket with le="+Inf"');
  if (sorted.length < 2) throw new Error('the histogram has no finite bucket');
  if (top.count <= 0) return undefined;
  const rank = q * top.count;
  const index = sorted.findIndex(({ count }) => count >= rank);
  const [bucket, below] = [sorted[index] ?? top, sorted[index - 1]];
  if (bucket.upper === Infinity) return below?.upper;
  if (below === undefined && bucket.upper <= 0) return bucket.upper;
  const [lower, countBelow] = [below?.upper ?? 0, below?.count ?? 0];
  return lower + (bucket.upper - lower) * ((rank - countBelow) / (bucket.count - countBelow));
}

/** Cumulative counts never fall from bucket to bucket; buckets read at different instants may say so. */
function grown(sorted: Bucket[]): Bucket[] {
  let most = 0;
  return sorted.map(({ upper, count }) => ({ upper, count: (most = Math.max(most, count)) }));
}

/** The bound in an `le` label. @throws Error when it is not a number */
export function boundOf(le: string): number {
  const upper = parseNumber(le);
  if (upper === undefined || Number.isNaN(upper)) throw new Error(`le="${le.slice(0, 40)}" is not a bound`);
  return upper;
}
