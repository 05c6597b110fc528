import type { RunInput, ScheduledBy } from '../domain/run.ts';
import { makeReady, type ReadySchedule } from './ready.ts';
import { ScheduleTerms } from './schema.ts';

/** Temporal's id of a schedule: the task queue belongs to it, because an installation has its own. */
export const scheduleId = (taskQueue: string, name: string): string => `${taskQueue}-${name}`;

/** What a schedule gives each of its runs, read from Temporal; undefined when it was not made from a file. */
export function keptInput({ action }: { action: { args?: unknown[] } }): (RunInput & { schedule: ScheduledBy }) | undefined {
  const [input] = action.args ?? [];
  const { schedule } = (input ?? {}) as RunInput;
  return schedule === undefined ? undefined : { ...(input as RunInput), schedule };
}

/** The schedule that a run carries. @throws ZodError, or Error when a window or a blackout cannot be told */
export const readyOf = ({ document, calendars }: ScheduledBy): ReadySchedule => makeReady(ScheduleTerms.parse(document), calendars);
