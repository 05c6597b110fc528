import type { Experiment } from '../domain/experiment/experiment.ts';
import { resolveWaves } from '../domain/plan.ts';

/** One start in a calendar of schedules. */
export interface CalendarEntry {
  schedule: string;
  experiment: string;
  service: string;
  environment: string;
  /** The team that answers for the experiment. */
  owner: string;
  /** Epoch milliseconds. */
  atMs: number;
  /** How long the run takes when nothing is waited for and nothing goes wrong. */
  lengthMs: number;
  /** Whether the schedule rests: nothing begins then. */
  paused: boolean;
  /** Why nothing begins although there is a window. */
  skipped?: string;
}

/** How long a run takes when nothing is waited for and nothing goes wrong, milliseconds. */
export const nominalLengthMs = (experiment: Experiment): number =>
  resolveWaves(experiment)
    .map(
      ({ dryRun, iterations, baselineMs, holdMs, stableForMs, coolDownMs }, i, { length }) =>
        iterations * (baselineMs + (dryRun ? 0 : holdMs + stableForMs)) + (dryRun || i + 1 === length ? 0 : coolDownMs),
    )
    .reduce((sum, ms) => sum + ms, 0);

/** By time, then by name. */
export const byTime = (a: CalendarEntry, b: CalendarEntry): number => a.atMs - b.atMs || (a.schedule < b.schedule ? -1 : 1);
