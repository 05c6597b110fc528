import type { ServiceScore } from '../../domain/score.ts';
import type { RunEvent, RunRecord } from '../../records/ports.ts';
import { measuresOf, type RunMeasures } from './measures.ts';

/** Which runs a report is about, in words for its head. */
export interface Scope {
  /** What was asked for, such as `service: payments`. */
  asked: readonly (readonly [name: string, value: string])[];
  /** When it was asked, epoch milliseconds. */
  asOfMs: number;
  /** Whether there are older runs that fit and are not in the report. */
  isCut: boolean;
}

/** Everything that a report over many runs is made of: the same data give the same report. */
export interface RunsReport {
  scope: Scope;
  /** Oldest first. */
  runs: RunMeasures[];
  /** How well their services withstand, by all evidence as of `asOfMs`. */
  scores: readonly ServiceScore[];
}

/** @param events of the kinds `MEASURED_KINDS`, by run, each by time */
export function buildRunsReport(
  runs: readonly RunRecord[],
  events: ReadonlyMap<string, readonly RunEvent[]>,
  scope: Scope,
  scores: readonly ServiceScore[] = [],
): RunsReport {
  const sorted = [...runs].sort((a, b) => a.startedAtMs - b.startedAtMs || (a.workflowId < b.workflowId ? -1 : 1));
  return { scope, scores, runs: sorted.map((run) => measuresOf(run, events.get(run.workflowId) ?? [])) };
}
