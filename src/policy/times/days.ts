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

function datesOf(day: NamedDay, fromMs: number, untilMs: number): Temporal.PlainDate[] {
  const later = day in DAYS_AFTER ? DAYS_AFTER[day as keyof typeof DAYS_AFTER] : undefined;
  const rrule = NAMED_DAYS[later?.day ?? (day as keyof typeof NAMED_DAYS)];
  return beginnings({ rrule, start: '1970-01-01T00:00:00Z', zone: 'UTC' }, fromMs, untilMs).map((ms) =>
    Temporal.Instant.fromEpochMilliseconds(ms)
      .toZonedDateTimeISO('UTC')
      .toPlainDate()
      .add({ days: later?.days ?? 0 }),
  );
}

/** A day with a name, and how many days it lasts. */
export const namedDay = (day: NamedDay, days: number, zone: string): Timetable => ({
  spans: (fromMs, untilMs) =>
    datesOf(day, fromMs - (days + 5) * DAY_MS, untilMs + DAY_MS)
      .map((date) => wholeDays(date, days, zone, day))
      .filter((span) => overlaps(span, fromMs, untilMs)),
});

/** Countries whose holidays are known, ISO 3166. */
export const isCountry = (country: string, state?: string): boolean => {
  const known = new Holidays();
  if (!Object.hasOwn(known.getCountries(), country)) return false;
  return state === undefined || Object.hasOwn(known.getStates(country) ?? {}, state);
};

/** The public holidays of a country, or of a part of it. */
export function publicHolidays(country: string, state: string | undefined, zone: string): Timetable {
  const known = state === undefined ? new Holidays(country) : new Holidays(country, state);
  const ofYear = new Map<number, Span[]>();
  const year = (number: number): Span[] => {
    const kept = ofYear.get(number);
    if (kept) return kept;
    const spans = known
      .getHolidays(number, 'en')
      .filter(({ type }) => type === 'public')
      .map(({ date, name }) =>
        wholeDays(Temporal.PlainDate.from(date.slice(0, 10)), 1, zone, `${name} (${state ? `${country}-${state}` : country})`),
      );
    ofYear.set(number, spans);
    return spans;
  };
  return {
    spans(fromMs, untilMs) {
      const [first, last] = [fromMs - DAY_MS, untilMs + DAY_MS].map((ms) => new Date(ms).getUTCFullYear()) as [number, number];
      const years = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      return years.flatMap(year).filter((span) => overlaps(span, fromMs, untilMs));
    },
  };
}
