import { duration } from '../format.ts';

/** How long something took, over several times. What did not end in time is counted as longer than anything else, never left out. */
export interface Distribution {
  count: number;
  /** How many of them did not end in time. */
  open: number;
  /** Milliseconds by the nearest rank: that share of all took at most this long. Infinity: that share did not end in time; undefined: there were none. */
  median: number | undefined;
  p90: number | undefined;
  worst: number | undefined;
}

/** @param values milliseconds; Infinity is one that did not end in time */
export function distribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number | undefined => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return {
    count: sorted.length,
    open: sorted.filter((value) => !Number.isFinite(value)).length,
    ...{ median: rank(0.5), p90: rank(0.9), worst: sorted.at(-1) },
  };
}

/** A time for people. */
export const told = (ms: number | undefined): string => (ms === undefined ? '–' : Number.isFinite(ms) ? duration(ms) : 'not in time');

/** JSON knows no infinity: null, with the count of those that did not end in time beside it. */
export const asJson = ({ count, open, median, p90, worst }: Distribution): Record<string, number | null> => {
  const finite = (ms: number | undefined): number | null => (ms !== undefined && Number.isFinite(ms) ? ms : null);
  return { count, notInTime: open, medianMs: finite(median), p90Ms: finite(p90), worstMs: finite(worst) };
};
