import { blockLength } from './block-length.ts';
import { ascending, isUsable } from './finite.ts';
import type { Interval } from './proportion.ts';
import { quantileOfSorted } from './quantile.ts';
import { seededRandom } from './random.ts';

/** What is resampled, and how. */
export interface BootstrapOptions {
  confidence: number;
  seed: number;
  /** 1,000 unless told. */
  resamples?: number;
}

/** One resample of the stationary bootstrap: stretches of geometric length from random places, as on a ring. Written into `into`, as long as `values`. */
function resample(values: Float64Array, meanLength: number, random: () => number, into: Float64Array): Float64Array {
  const n = values.length;
  const share = 1 / meanLength;
  let at = 0;
  for (let i = 0; i < n; i++) {
    const begins = i === 0 || random() < share;
    at = begins ? Math.floor(random() * n) : at + 1 === n ? 0 : at + 1;
    into[i] = values[at] ?? NaN;
  }
  return into;
}

/**
 * Percentile interval of a difference between two series that are dependent in themselves: each is resampled in blocks of its own
 * automatic length, so that what follows each other stays together.
 * @param statistic of one series, such as its median, which may reorder what it is given; the difference is treated − reference
 * @returns undefined when a series is empty or holds a value that is not finite; the same data and seed give the same interval
 * @see Politis and Romano 1994, JASA 89(428)
 */
export function bootstrapDifference(
  reference: readonly number[],
  treated: readonly number[],
  statistic: (values: Float64Array) => number,
  { confidence, seed, resamples = 1_000 }: BootstrapOptions,
): Interval | undefined {
  if (!isUsable(reference) || !isUsable(treated)) return undefined;
  const random = seededRandom(seed);
  const lengths = [blockLength(reference), blockLength(treated)] as const;
  const [before, after] = [Float64Array.from(reference), Float64Array.from(treated)];
  const [room, otherRoom] = [new Float64Array(before.length), new Float64Array(after.length)];
  const differences = ascending(
    Array.from({ length: resamples }, () => {
      const treatedNow = statistic(resample(after, lengths[1], random, otherRoom));
      return treatedNow - statistic(resample(before, lengths[0], random, room));
    }),
  );
  return { low: quantileOfSorted(differences, (1 - confidence) / 2), high: quantileOfSorted(differences, (1 + confidence) / 2) };
}
