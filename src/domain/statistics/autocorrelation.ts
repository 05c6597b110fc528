import { sum } from './finite.ts';
import { midranks } from './ranks.ts';

/** Least length of a stretch that tells something of its dependence. */
const LEAST = 8;
/** Samples, and means of four samples. */
const SCALES = [1, 4] as const;

/** Autocovariance at `lag` over several segments, each about its own mean; segments are never joined. */
function autocovariance(segments: readonly number[][], lag: number): number {
  const length = sum(segments.map((segment) => segment.length));
  return sum(segments.map((segment) => sum(segment.slice(lag).map((value, i) => value * (segment[i] ?? 0))))) / length;
}

/** Ranks in place of values, so that one outlier does not hide the dependence of all others; each segment about its own mean. */
function centredRanks(segments: readonly (readonly number[])[]): number[][] {
  return segments.map((segment) => midranks(segment).map((rank) => (rank - (segment.length + 1) / 2) / segment.length));
}

/** 1 + 2Σρ, summed as long as pairs of neighbouring lags stay positive. @see Geyer 1992, Statistical Science 7(4) */
function initialPositive(segments: readonly number[][], variance: number, longest: number): number {
  let total = -1;
  for (let lag = 0; lag + 1 < longest; lag += 2) {
    const pair = (autocovariance(segments, lag) + autocovariance(segments, lag + 1)) / variance;
    if (pair <= 0) break;
    total += 2 * pair;
  }
  return Math.max(1, total);
}

/** Means of `width` neighbours: a dependence that is weak between samples but lasts shows only in them. */
const averaged = (segment: readonly number[], width: number): number[] =>
  Array.from({ length: Math.floor(segment.length / width) }, (_, i) => sum(segment.slice(i * width, (i + 1) * width)) / width);

/** Seen as a first-order autoregression, its coefficient corrected for the bias downwards and raised by one standard error. */
function firstOrder(raw: number, count: number, meanLength: number): number {
  const unbiased = raw + (1 + 3 * raw) / meanLength;
  const raised = Math.min(0.99, unbiased + Math.sqrt(Math.max(0, 1 - raw * raw) / count));
  return raised > 0 ? (1 + raised) / (1 - raised) : 1;
}

function timeAt(given: readonly (readonly number[])[], width: number): number {
  const segments = centredRanks(given.map((segment) => averaged(segment, width)).filter((segment) => segment.length >= LEAST));
  const count = sum(segments.map((segment) => segment.length));
  const variance = count > 0 ? autocovariance(segments, 0) : 0;
  if (variance === 0) return 1;
  const longest = Math.max(...segments.map((segment) => segment.length));
  const byOrder = firstOrder(autocovariance(segments, 1) / variance, count, count / segments.length);
  return width * Math.max(byOrder, initialPositive(segments, variance, longest / 2));
}

/**
 * Integrated autocorrelation time: how many neighbouring samples know as much together as one independent sample. In doubt larger:
 * the largest of two estimates at two scales counts, so that even independent samples give a few.
 * @param given stretches of samples at even distances, such as the baselines of several iterations; those below 8 samples tell nothing
 * @see Kendall 1954, Biometrika 41 (bias); Sokal 1997, "Monte Carlo methods in statistical mechanics" (integrated time)
 */
export const autocorrelationTime = (given: readonly (readonly number[])[]): number =>
  Math.max(...SCALES.map((width) => timeAt(given, width)));
