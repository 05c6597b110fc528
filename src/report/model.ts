import type { RecordedSignal, RunEvent, RunRecord } from '../records/ports.ts';
import type { RunLearning } from './learning.ts';
import { limitsOf, type Limit } from './limits.ts';

export type { Limit } from './limits.ts';

/** Everything that a report is made of: the same data give the same report. */
export interface RunReport {
  run: RunRecord;
  /** By time. */
  events: RunEvent[];
  /** By name. */
  signals: RecordedSignal[];
  /** Per probe. */
  limits: Record<string, Limit[]>;
  /** Absent: nobody looked it up. */
  learning?: RunLearning;
}

/** Adds to what the records hold the limits that the experiment set. */
export const buildReport = (run: RunRecord, events: RunEvent[], signals: RecordedSignal[], learning?: RunLearning): RunReport => ({
  run,
  events,
  signals,
  limits: limitsOf(run.experiment, signals),
  ...(learning && { learning }),
});
