import type * as z from 'zod';
import type { Window } from '../../domain/experiment/metadata.ts';
import type { Blackout, Recurring as RecurringSchema } from '../schema.ts';
import { calendar } from './calendar.ts';
import { isCountry, namedDay, publicHolidays } from './days.ts';
import { hours } from './hours.ts';
import { recurring } from './recurrence.ts';
import type { Timetable } from './span.ts';

type Recurring = z.infer<typeof RecurringSchema>;

const repeats = ({ name, rrule, start, duration, zone }: Recurring): Timetable =>
  recurring({ rrule, start, durationMs: duration, zone, name: name ?? rrule });

/** Any hour: what cannot be told now cannot be told later either. Epoch milliseconds. */
const PROBE_MS = Date.UTC(2026, 0, 1);

function proven(table: Timetable): Timetable {
  table.spans(PROBE_MS, PROBE_MS + 1);
  return table;
}

/** When a window is open. @throws when it cannot be told */
export const windowTimes = (one: Window | Recurring): Timetable => proven('rrule' in one ? repeats(one) : hours(one));

/**
 * When a blackout holds.
 * @param fileText the text of a calendar beside the file that names it; throws when it cannot be read
 * @throws when the calendar cannot be read, or the country is not known
 */
export const blackoutTimes = (one: Blackout, fileText: (name: string) => string): Timetable => proven(readBlackout(one, fileText));

function readBlackout(one: Blackout, fileText: (name: string) => string): Timetable {
  if ('rrule' in one) return repeats(one);
  if ('calendar' in one) return calendar(fileText(one.calendar), one.zone);
  if ('day' in one) return namedDay(one.day, one.days, one.zone);
  if (!isCountry(one.holidays, one.state))
    throw new Error(`no holidays are known of ${one.state === undefined ? one.holidays : `${one.holidays}-${one.state}`}`);
  return publicHolidays(one.holidays, one.state, one.zone);
}
