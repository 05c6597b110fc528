import type { CalendarEntry, UnreadableSchedule } from '../client.ts';
import type { Door } from './door.ts';

/** The starts of the next days, and the schedules whose starts nobody can tell. */
export interface Calendar {
  entries: CalendarEntry[];
  unreadable: UnreadableSchedule[];
}

const DAY_MS = 86_400_000;
/** A calendar that is younger serves everybody who asks for as many days. */
export const SHARED_MS = 5_000;

/**
 * Calendars for everybody who asks a process: computed one at a time, because one of a year keeps the process busy.
 * @param say hears of each schedule that cannot be read
 */
export function createCalendars(
  door: Pick<Door, 'calendar'>,
  say: (unreadable: UnreadableSchedule) => void,
): (days: number) => Promise<Calendar> {
  const kept = new Map<number, Promise<Calendar>>();
  let before: Promise<unknown> = Promise.resolve();
  const compute = async (days: number): Promise<Calendar> => {
    const [nowMs, unreadable] = [Date.now(), [] as UnreadableSchedule[]];
    const entries = await door.calendar({ fromMs: nowMs, untilMs: nowMs + days * DAY_MS }, (one) => {
      unreadable.push(one);
      say(one);
    });
    return { entries, unreadable };
  };
  return (days) => {
    const known = kept.get(days);
    if (known) return known;
    const calendar = before.then(() => compute(days));
    const forget = (): void => void kept.delete(days);
    kept.set(days, calendar);
    before = calendar.then(() => void setTimeout(forget, SHARED_MS).unref(), forget);
    return calendar;
  };
}
