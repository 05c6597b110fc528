import fc from 'fast-check';
import { IANAZone } from 'luxon';

const DAY_MS = 86_400_000;
/** Zones with and without summer time, on both sides of the equator, with half hours, a half hour of summer time, and midnights that do not exist. */
export const zones = [
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Africa/Cairo'],
  ...['America/Havana', 'Asia/Beirut', 'Pacific/Auckland', 'America/St_Johns', 'Africa/Casablanca', 'Asia/Kathmandu', 'Pacific/Apia'],
];
/** One of them. */
export const zone = fc.constantFrom(...zones);
/** An instant of the years in which zones are known, whole seconds. */
export const instant = fc.integer({ min: Date.UTC(2016, 0, 1), max: Date.UTC(2034, 0, 1) }).map((ms) => ms - (ms % 1_000));
const two = (n: number): string => String(n).padStart(2, '0');
/** A quarter of an hour of the day. */
export const clock = fc.integer({ min: 0, max: 24 * 4 - 1 }).map((quarter) => `${two(Math.floor(quarter / 4))}:${two((quarter % 4) * 15)}`);

/** The instant of a local time by luxon's zones and RFC 5545's reading: the first of two, and of none the one by the offset before the gap. */
export function byLuxon(wall: Date, name: string): number {
  const ms = wall.getTime();
  const offset = (at: number): number => IANAZone.create(name).offset(at) * 60_000;
  const candidates = [...new Set([offset(ms - DAY_MS), offset(ms + DAY_MS)])].map((by) => ms - by);
  const valid = candidates.filter((at) => at + offset(at) === ms);
  return valid.length > 0 ? Math.min(...valid) : ms - offset(ms - DAY_MS);
}

/** Days of the week as RFC 5545 writes them. */
export const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
/** Rules as policies have them. */
export const rule = fc.oneof(
  fc
    .record({ freq: fc.constant('DAILY'), interval: fc.integer({ min: 1, max: 9 }) })
    .map(({ interval }) => `FREQ=DAILY;INTERVAL=${interval}`),
  fc
    .record({
      interval: fc.integer({ min: 1, max: 4 }),
      days: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1, maxLength: 4 }),
    })
    .map(({ interval, days }) => `FREQ=WEEKLY;INTERVAL=${interval};BYDAY=${days.join(',')}`),
  fc
    .record({ interval: fc.integer({ min: 1, max: 6 }), nth: fc.constantFrom(1, 2, 3, 4, -1, -2), day: fc.constantFrom(...weekdays) })
    .map(({ interval, nth, day }) => `FREQ=MONTHLY;INTERVAL=${interval};BYDAY=${nth}${day}`),
  fc.constantFrom(1, 15, 28, 31, -1, -2).map((day) => `FREQ=MONTHLY;BYMONTHDAY=${day}`),
  fc
    .record({ month: fc.integer({ min: 1, max: 12 }), nth: fc.constantFrom(1, 4, -1), day: fc.constantFrom(...weekdays) })
    .map(({ month, nth, day }) => `FREQ=YEARLY;BYMONTH=${month};BYDAY=${nth}${day}`),
  fc.constant('FREQ=YEARLY;BYMONTH=11;BYDAY=FR;BYMONTHDAY=23,24,25,26,27,28,29'),
  fc.constant('FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'),
);
