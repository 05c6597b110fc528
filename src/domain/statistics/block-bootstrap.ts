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

/** One resample of the stationary bootstrap: stretches of geometric length from random places, as on a ring. */
function resample(values: readonly number[], meanLength: number, random: () => number): number[] {
  const n = values.length;
  let at = 0;
  return values.map((_, i) => {
    const begins = i === 0 || random() < 1 / meanLength;
    at = begins ? Math.floor(random() * n) : (at + 1) % n;
    return values[at] ?? NaN;
  });
}

/**
 * Percentile interval of a difference between two series that are dependent in themselves: each is resampled in blocks of its own
 * automatic length, so that what follows each other stays together.
 * @param statistic of one series, such as its median; the difference is treated − reference
 * @returns undefined when a series is empty or holds a value that is not finite; the same data and seed give the same interval
 * @see Politis and Romano 1994, JASA 89(428)
 */
export function bootstrapDifference(
  reference: readonly number[],
  treated: readonly number[],
  statistic: (values: readonly number[]) => number,
  { confidence, seed, resamples = 1_000 }: BootstrapOptions,
): Interval | undefined {
  if (!isUsable(reference) || !isUsable(treated)) return undefined;
  const random = seededRandom(seed);
  const lengths = [blockLength(reference), blockLength(treated)] as const;
  const differences = ascending(
    Array.from(
      { length: resamples },
      () => statistic(resample(treated, lengths[1], random)) - statistic(resample(reference, lengths[0], random)),
    ),
  );
  return { low: quantileOfSorted(differences, (1 - confidence) / 2), high: quantileOfSorted(differences, (1 + confidence) / 2) };
}
