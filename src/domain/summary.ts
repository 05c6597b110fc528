import type { Measurement } from './sample.ts';

/** What a signal did in one phase, in bounded space: it travels in heartbeats and histories. */
export interface Summary {
  /** Answers with a value. */
  values: number;
  /** Failures and answers without data. */
  problems: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  last: number | null;
  /** The newest failure, in words. */
  lastProblem?: string;
}

export const emptySummary: Summary = { values: 0, problems: 0, min: null, max: null, mean: null, last: null };

/** Folds one measurement into a summary. */
export function summarise(summary: Summary, measurement: Measurement): Summary {
  if (measurement.kind !== 'value') return { ...summary, problems: summary.problems + 1, lastProblem: measurement.reason };
  const { value } = measurement;
  const values = summary.values + 1;
  return {
    ...summary,
    values,
    min: Math.min(summary.min ?? value, value),
    max: Math.max(summary.max ?? value, value),
    mean: (summary.mean ?? 0) + (value - (summary.mean ?? 0)) / values,
    last: value,
  };
}

/** Share of the answers that carried a value, 0–1; no answers at all is 0. */
export const coverage = ({ values, problems }: Summary): number => (values + problems === 0 ? 0 : values / (values + problems));

/** The median; undefined without values, because no data is not a result. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 ? sorted[middle] : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
