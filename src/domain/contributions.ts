import { quantile } from './statistics/quantile.ts';
import { median } from './summary.ts';

/** A signal that was not as usual before the fault. */
export interface Contribution {
  probe: string;
  /** Median just before the fault, and usually, in the unit of the signal. */
  before: number;
  usual: number;
  /** Modified z-score, above 0 when it was higher than usual. At most `MOST`. */
  score: number;
  /** The edge of what is usual, on the side on which it was outside. */
  limit: number;
  /** How many values of the usual were compared with. */
  values: number;
}

/** Beyond this a value is an outlier. @see Iglewicz and Hoaglin 1993, How to Detect and Handle Outliers */
export const OUTLIER = 3.5;
/** A signal that never moved before has no spread to measure by. */
export const MOST = 1_000;
const LEAST_VALUES = 5;
/** Share of the usual values beyond which one is rare, on either side. */
const RARE = 0.05;
/** Rises after which a series that never falls is taken for a running count. */
const COUNTED = 3;

/** Whether the values, in the order of time, are a running count: it is always higher than before, which tells nothing. */
export function isRunningCount(values: readonly number[]): boolean {
  const steps = values.slice(1).map((value, i) => value - (values[i] ?? value));
  return steps.every((step) => step >= 0) && steps.filter((step) => step > 0).length >= COUNTED;
}

/** Spread in units of a standard deviation: from the median deviation, or from the mean one when most values are the same. */
function spreadOf(values: readonly number[], middle: number): number {
  const deviations = values.map((value) => Math.abs(value - middle));
  const mad = median(deviations) ?? 0;
  if (mad > 0) return mad / 0.6745;
  return (1.253314 * deviations.reduce((sum, one) => sum + one, 0)) / deviations.length;
}

/**
 * Which signals were already unusual before the fault: candidates for a cause, or for a precondition. Ranked by how far outside they were.
 * @param before per signal, the values just before the fault
 * @param usual per signal, the values of earlier baselines; fewer than 5 are too few to tell
 * @returns those beyond `OUTLIER`, the farthest first
 */
export function rankContributions(
  before: Readonly<Record<string, readonly number[]>>,
  usual: Readonly<Record<string, readonly number[]>>,
): Contribution[] {
  return Object.keys(before)
    .sort()
    .flatMap((probe): Contribution[] => {
      const known = (Object.hasOwn(usual, probe) ? (usual[probe] ?? []) : []).filter(Number.isFinite);
      const [now, middle] = [median((before[probe] ?? []).filter(Number.isFinite)), median(known)];
      if (now === undefined || middle === undefined || known.length < LEAST_VALUES) return [];
      const spread = spreadOf(known, middle);
      const raw = now === middle ? 0 : spread === 0 ? Math.sign(now - middle) * MOST : (now - middle) / spread;
      const score = Math.min(MOST, Math.max(-MOST, raw));
      // Of a signal that has several levels the spread tells little: what was seen often enough before is usual all the same.
      const edge = quantile(known, score > 0 ? 1 - RARE : RARE) ?? middle;
      const isRare = score > 0 ? now > edge : now < edge;
      if (Math.abs(score) <= OUTLIER || !isRare) return [];
      const bySpread = middle + Math.sign(score) * OUTLIER * spread;
      const limit = score > 0 ? Math.max(bySpread, edge) : Math.min(bySpread, edge);
      return [{ probe, before: now, usual: middle, score, limit, values: known.length }];
    })
    .sort((a, b) => Math.abs(b.score) - Math.abs(a.score));
}
