/** What a probe answered once. A failure to ask and an answer without data are different from any number. */
export type Measurement = { kind: 'value'; value: number } | { kind: 'no-data'; reason: string } | { kind: 'error'; reason: string };

/** One measurement in its place in time. */
export interface Sample {
  probe: string;
  /** When the answer was asked for, epoch milliseconds. */
  atMs: number;
  measurement: Measurement;
}
