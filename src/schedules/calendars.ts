import type { CalendarSpec, Month } from '@temporalio/client';
import type { PlannedStart } from './plan.ts';

const MONTHS: readonly Month[] = [
  ...(['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE'] as const),
  ...(['JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const),
];

/**
 * Starts as Temporal's calendars, in UTC: exact instants, because no rule of Temporal's knows our windows, blackouts and counts.
 * Days of a month on which something begins at the same time share one.
 */
export function calendarsOf(starts: readonly PlannedStart[]): CalendarSpec[] {
  const calendars = new Map<string, CalendarSpec & { dayOfMonth: number[] }>();
  for (const { atMs, window } of starts) {
    const at = new Date(atMs);
    const key = `${at.toISOString().slice(0, 7)}${at.toISOString().slice(10)}${window}`;
    const known = calendars.get(key);
    if (known) known.dayOfMonth.push(at.getUTCDate());
    else
      calendars.set(key, {
        year: at.getUTCFullYear(),
        month: MONTHS[at.getUTCMonth()] ?? 'JANUARY',
        dayOfMonth: [at.getUTCDate()],
        hour: at.getUTCHours(),
        minute: at.getUTCMinutes(),
        second: at.getUTCSeconds(),
        comment: window.slice(0, 200),
      });
  }
  return [...calendars.values()];
}

const exactly = (value: number) => [{ start: value, end: value, step: 1 }];

/** The same, as Temporal's API writes it. */
export const structuredCalendarsOf = (starts: readonly PlannedStart[]) =>
  calendarsOf(starts).map(({ year, month, dayOfMonth, hour, minute, second, comment }) => ({
    year: exactly(year as number),
    month: exactly(MONTHS.indexOf(month as Month) + 1),
    dayOfMonth: (dayOfMonth as number[]).flatMap(exactly),
    dayOfWeek: [{ start: 0, end: 6, step: 1 }],
    hour: exactly(hour as number),
    minute: exactly(minute as number),
    second: exactly(second as number),
    ...(comment !== undefined && { comment }),
  }));

/** A range of one of Temporal's calendars, as its API writes it. */
interface Range {
  start?: number | null;
  end?: number | null;
}

/** One of Temporal's calendars, as its API writes it. */
export interface WrittenCalendar {
  year?: Range[] | null;
  month?: Range[] | null;
  dayOfMonth?: Range[] | null;
  hour?: Range[] | null;
  minute?: Range[] | null;
  second?: Range[] | null;
}

const numbers = (ranges: Range[] | null | undefined): number[] =>
  (ranges ?? []).flatMap(({ start, end }) => {
    const first = start ?? 0;
    return Array.from({ length: Math.max(first, end ?? 0) - first + 1 }, (_, i) => first + i);
  });

/** The instants that such calendars name, sorted, epoch milliseconds. */
export const instantsOf = (calendars: readonly WrittenCalendar[]): number[] =>
  calendars
    .flatMap(({ year, month, dayOfMonth, hour, minute, second }) => {
      const [years, [m = 1], days, [h = 0], [min = 0], [s = 0]] = [year, month, dayOfMonth, hour, minute, second].map(numbers) as [
        ...[number[], number[], number[], number[], number[], number[]],
      ];
      return years.flatMap((y) => days.map((day) => Date.UTC(y, m - 1, day, h, min, s)));
    })
    .sort((a, b) => a - b);
