import { betaQuantile } from './beta.ts';
import { normalQuantile } from './normal.ts';

/** An interval, as fractions 0–1. */
export interface Interval {
  low: number;
  high: number;
}

const isCount = (ok: number, n: number, confidence: number): boolean =>
  Number.isInteger(ok) && Number.isInteger(n) && n > 0 && ok >= 0 && ok <= n && confidence > 0 && confidence < 1;

/**
 * Wilson score interval for a success ratio: close to its confidence on average, short, never outside of 0–1.
 * @param ok         successes, 0 ≤ ok ≤ n
 * @param n          trials; 0 gives undefined, because no data is not a result
 * @param confidence of both sides together, such as 0.95
 * @see Wilson 1927, JASA 22(158)
 */
export function wilson(ok: number, n: number, confidence: number): Interval | undefined {
  if (!isCount(ok, n, confidence)) return undefined;
  const z = normalQuantile((1 + confidence) / 2);
  const centre = (ok + (z * z) / 2) / (n + z * z);
  const half = (z / (n + z * z)) * Math.sqrt((ok * (n - ok)) / n + (z * z) / 4);
  return { low: ok === 0 ? 0 : Math.max(0, centre - half), high: ok === n ? 1 : Math.min(1, centre + half) };
}

/**
 * Clopper–Pearson interval for a success ratio: never covers less than its confidence, hence the one that promises are checked with.
 * @see Clopper and Pearson 1934, Biometrika 26(4)
 */
export function clopperPearson(ok: number, n: number, confidence: number): Interval | undefined {
  if (!isCount(ok, n, confidence)) return undefined;
  const tail = (1 - confidence) / 2;
  return {
    low: ok === 0 ? 0 : betaQuantile(tail, ok, n - ok + 1),
    high: ok === n ? 1 : betaQuantile(1 - tail, ok + 1, n - ok),
  };
}

/** Trials that all have to succeed before the lower bound of their ratio reaches `ratio`: ln(tail) / ln(ratio), the closed form of Clopper–Pearson at ok = n. */
export const trialsNeeded = (ratio: number, confidence: number): number =>
  ratio <= 0 ? 1 : ratio >= 1 ? Infinity : Math.ceil(Math.log((1 - confidence) / 2) / Math.log(ratio) - 1e-9);
