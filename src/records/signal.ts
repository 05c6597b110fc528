import type { SamplePhase } from './ports.ts';

/** Neighbouring samples of one signal in one phase of one iteration. Nothing in it is an estimate. Times in epoch milliseconds. */
export interface SampleBucket {
  wave: string;
  iteration: number;
  phase: SamplePhase;
  /** Its first and its last sample. */
  fromMs: number;
  toMs: number;
  /** Answers with a value. */
  values: number;
  /** Answers without one: no data, or a failure to ask. */
  problems: number;
  /** Null without values, as all numbers here. */
  min: number | null;
  minAtMs: number | null;
  max: number | null;
  maxAtMs: number | null;
  mean: number | null;
  last: number | null;
  lastAtMs: number | null;
  /** The first answer without a value, in words: `no-data: empty result`. */
  problem: string | null;
  problemAtMs: number | null;
}

/**
 * What a signal did in a phase, reckoned from every sample: of one iteration; of one wave, when `iteration` is null; of the whole run, when
 * `wave` is null too. Quantiles are of type 7.
 */
export interface SampleNumbers {
  wave: string | null;
  iteration: number | null;
  phase: SamplePhase;
  fromMs: number;
  toMs: number;
  values: number;
  problems: number;
  min: number | null;
  p05: number | null;
  median: number | null;
  p95: number | null;
  max: number | null;
  mean: number | null;
  /** Of a wave: medians of neighbours in the order of time, 300 at most, from which an interval of the shift can be reckoned. Else empty. */
  course: number[];
}

/** One signal of a run, small however long the run was. */
export interface RecordedSignal {
  probe: string;
  /** Whether the samples themselves are still kept. */
  isFull: boolean;
  /** By time; empty when only the numbers are still kept. */
  buckets: SampleBucket[];
  numbers: SampleNumbers[];
}

/** Samples of one phase of one iteration, by time. Plain numbers in a row, because a long run has a million of them. */
export interface SampleStretch {
  wave: string;
  iteration: number;
  phase: SamplePhase;
  atMs: Float64Array;
  /** As long as `atMs`; NaN where there was no value. */
  values: Float64Array;
  /** One for each NaN, in order: `no-data: empty result`. */
  problems: string[];
}
