import { sum } from './finite.ts';
import { normalQuantile } from './normal.ts';
import { quantileOfSorted } from './quantile.ts';
import { convolve, MOST_EXACT, usableStrata, type Stratum } from './rank-sum.ts';
import { subsetSums, type Distribution } from './rank-sum-distribution.ts';

/** By how much the treated values lie above the reference, in their own unit, and one-sided bounds. */
export interface Shift {
  estimate: number;
  /** With the asked confidence the shift is not below this; −Infinity when there are too few values to say. */
  low: number;
  /** With the asked confidence the shift is not above this; Infinity when there are too few values to say. */
  high: number;
}

/**
 * Hodges–Lehmann estimate of the shift: the median of all differences within strata; its bounds are the order statistics that the
 * rank-sum test leaves unrejected, so bound and test never contradict each other. Ties make the bounds wider than need be.
 * @param confidence of each bound alone, such as 0.99
 * @returns undefined without values on both sides
 * @see Hodges and Lehmann 1963; Hollander, Wolfe and Chicken 2014, Nonparametric Statistical Methods, 4.2–4.3
 */
export function hodgesLehmann(given: readonly Stratum[], confidence: number): Shift | undefined {
  const strata = usableStrata(given);
  if (!strata) return undefined;
  const differences = Float64Array.from(
    strata.flatMap(({ reference, treated }) => treated.flatMap((after) => reference.map((before) => after - before))),
  ).sort();
  const cut = rejectedBelow(strata, 1 - confidence);
  const at = (i: number): number | undefined => (i >= 0 && i < differences.length ? differences[i] : undefined);
  return {
    estimate: quantileOfSorted(differences, 0.5),
    low: cut === 0 ? -Infinity : (at(cut - 1) ?? -Infinity),
    high: cut === 0 ? Infinity : (at(differences.length - cut) ?? Infinity),
  };
}

/** How many of the smallest values of U are rejected at `alpha`: the largest c with P(U ≤ c − 1) ≤ alpha. */
function rejectedBelow(strata: readonly Stratum[], alpha: number): number {
  const sizes = strata.map(({ reference, treated }) => [reference.length, treated.length] as const);
  if (sizes.some(([n, m]) => n + m > MOST_EXACT)) return normalCut(sizes, alpha);
  const { chances } = sizes
    .map(([n, m]): Distribution => {
      const { chances: all } = subsetSums(
        Array.from({ length: n + m }, (_, i) => i + 1),
        m,
      );
      return { from: 0, chances: all.slice((m * (m + 1)) / 2) };
    })
    .reduce(convolve);
  let [cut, below] = [0, 0];
  while (cut < chances.length && below + (chances[cut] ?? 0) <= alpha + 1e-12) below += chances[cut++] ?? 0;
  return cut;
}

function normalCut(sizes: readonly (readonly [number, number])[], alpha: number): number {
  const pairs = sum(sizes.map(([n, m]) => n * m));
  const variance = sum(sizes.map(([n, m]) => (n * m * (n + m + 1)) / 12));
  return Math.max(0, Math.floor(pairs / 2 + normalQuantile(alpha) * Math.sqrt(variance)));
}
