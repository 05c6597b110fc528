import Holidays from 'date-holidays';
import { Temporal } from 'temporal-polyfill';
import { beginnings } from './recurrence.ts';
import { instantOf, overlaps, type Span, type Timetable } from './span.ts';

const DAY_MS = 86_400_000;

/** Days that trade knows by name, as rules of RFC 5545. */
const NAMED_DAYS = {
  thanksgiving: 'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH',
  'black-friday': 'FREQ=YEARLY;BYMONTH=11;BYDAY=FR;BYMONTHDAY=23,24,25,26,27,28,29',
  'singles-day': 'FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=11',
  'christmas-eve': 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24',
  'boxing-day': 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=26',
  'new-years-eve': 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31',
} as const;
/** Cyber Monday may be in December: it is told by the Friday before it. */
const DAYS_AFTER = { 'cyber-monday': { day: 'black-friday', days: 3 } } as const;

export type NamedDay = keyof typeof NAMED_DAYS | keyof typeof DAYS_AFTER;
export const namedDays = [...Object.keys(NAMED_DAYS), ...Object.keys(DAYS_AFTER)] as [NamedDay, ...NamedDay[]];

/** Whole days, from midnight to midnight. Where clocks change then, the longer reading. */
export function wholeDays(first: Temporal.PlainDate, days: number, zone: string, name: string): Span {
  const last = first.add({ days });
  return { fromMs: instantOf(first, '00:00', zone, 'earlier'), untilMs: instantOf(last, '00:00', zone, 'later'), name };
}

/** Tells the dates of a day in a period. */
function datesOf(day: NamedDay): (fromMs: number, untilMs: number) => Temporal.PlainDate[] {
  const later = day in DAYS_AFTER ? DAYS_AFTER[day as keyof typeof DAYS_AFTER] : undefined;
  const rrule = NAMED_DAYS[later?.day ?? (day as keyof typeof NAMED_DAYS)];
  const begins = beginnings({ rrule, start: '1970-01-01T00:00:00', zone: 'UTC' });
  return (fromMs, untilMs) =>
    begins(fromMs, untilMs).map((ms) =>
      Temporal.Instant.fromEpochMilliseconds(ms)
        .toZonedDateTimeISO('UTC')
        .toPlainDate()
        .add({ days: later?.days ?? 0 }),
    );
}

/** A day with a name, and how many days it lasts. */
export function namedDay(day: NamedDay, days: number, zone: string): Timetable {
  const dates = datesOf(day);
  return {
    spans: (fromMs, untilMs) =>
      dates(fromMs - (days + 5) * DAY_MS, untilMs + DAY_MS)
        .map((date) => wholeDays(date, days, zone, day))
        .filter((span) => overlaps(span, fromMs, untilMs)),
  };
}

const countries = new Holidays();

/** Whether the holidays of a country (ISO 3166), or of a part of it, are known. */
export const isCountry = (country: string, state?: string): boolean =>
  Object.hasOwn(countries.getCountries(), country) && (state === undefined || Object.hasOwn(countries.getStates(country) ?? {}, state));

/** Working the holidays of a year out takes some milliseconds: each is kept. */
const kept = new Map<string, PublicHoliday[]>();

interface PublicHoliday {
  first: Temporal.PlainDate;
  days: number;
  name: string;
}

const HOUR_MS = 3_600_000;
/** More days than any holiday lasts: one that is under way may have begun last year. */
const LONGEST_DAYS = 14;

/** How many days a holiday touches; half a one counts. A day on which clocks change has up to an hour more. @param date `2026-03-19 00:00:00`, local */
function daysOf(date: string, start: Date, end: Date): number {
  const clock = /^.{10} (\d\d):(\d\d)/.exec(date);
  const sinceMidnightMs = clock ? (Number(clock[1]) * 60 + Number(clock[2])) * 60_000 : 0;
  return Math.max(1, Math.ceil((sinceMidnightMs + end.getTime() - start.getTime() - HOUR_MS) / DAY_MS));
}

function holidaysOf(year: number, country: string, state?: string): PublicHoliday[] {
  const place = state === undefined ? country : `${country}-${state}`;
  const key = `${place} ${year}`;
  const known = kept.get(key);
  if (known) return known;
  const holidays = (state === undefined ? new Holidays(country) : new Holidays(country, state))
    .getHolidays(year, 'en')
    .filter(({ type }) => type === 'public')
    .map(({ date, start, end, name }) => ({
      first: Temporal.PlainDate.from(date.slice(0, 10)),
      days: daysOf(date, start, end),
      name: `${name} (${place})`,
    }));
  kept.set(key, holidays);
  return holidays;
}

/** The public holidays of a country, or of a part of it; all days of those that last several. */
export const publicHolidays = (country: string, state: string | undefined, zone: string): Timetable => ({
  spans(fromMs, untilMs) {
    const [first, last] = [fromMs - LONGEST_DAYS * DAY_MS, untilMs + DAY_MS].map((ms) => new Date(ms).getUTCFullYear()) as [number, number];
    const years = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    return years
      .flatMap((year) => holidaysOf(year, country, state))
      .map((holiday) => wholeDays(holiday.first, holiday.days, zone, holiday.name))
      .filter((span) => overlaps(span, fromMs, untilMs));
  },
});
