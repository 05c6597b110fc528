import type { Timetable } from '../policy/times/span.ts';
import { blackoutTimes, windowTimes } from '../policy/times/timetable.ts';
import type { ScheduleTerms } from './schema.ts';

/** Terms that can be asked about times. */
export interface ReadySchedule {
  terms: ScheduleTerms;
  windows: Timetable[];
  blackouts: Timetable[];
  /** In which days, weeks and months are counted. */
  zone: string;
}

/** A calendar that is named and not there cannot be told from one that is empty. @throws */
export function calendarText(calendars: Readonly<Record<string, string>>, name: string): string {
  const text = Object.hasOwn(calendars, name) ? calendars[name] : undefined;
  if (text === undefined) throw new Error(`there is no ${name} beside the schedule`);
  return text;
}

/**
 * Makes windows and blackouts of a schedule ready.
 * @param calendars texts of the iCalendar files that it names
 * @throws when one of them cannot be told: nothing is to begin then
 */
export const makeReady = (terms: ScheduleTerms, calendars: Readonly<Record<string, string>>): ReadySchedule => ({
  terms,
  windows: terms.windows.map(windowTimes),
  blackouts: (terms.skip.blackouts ?? []).map((one) => blackoutTimes(one, (name) => calendarText(calendars, name))),
  zone: terms.windows[0]?.zone ?? 'UTC',
});
