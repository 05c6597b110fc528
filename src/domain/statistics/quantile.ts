import { ascending, isUsable } from './finite.ts';

/**
 * Quantile, linear between order statistics (type 7, the default of R and NumPy).
 * @param values in any order
 * @param p      share of the values at or below it, 0–1
 * @returns undefined without values, or when one of them is not finite
 * @see Hyndman and Fan 1996, The American Statistician 50(4)
 */
export const quantile = (values: readonly number[], p: number): number | undefined =>
  isUsable(values) && p >= 0 && p <= 1 ? quantileOfSorted(ascending(values), p) : undefined;

/** The same for values that are sorted already and not empty. */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  const at = (sorted.length - 1) * p;
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}
