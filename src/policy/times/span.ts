import { Temporal } from 'temporal-polyfill';

/** A stretch of time, epoch milliseconds: `untilMs` is the first that is not in it. */
export interface Span {
  fromMs: number;
  untilMs: number;
  /** What people call it. */
  name: string;
}

/** Everything about time that a rule may name, as the stretches of it that touch a period. */
export interface Timetable {
  /** @throws when it cannot be told, such as for an unreadable calendar */
  spans(fromMs: number, untilMs: number): Span[];
}

/** Days of the period in a zone, a day more on either side: a stretch may have begun the day before. */
export function daysAround(fromMs: number, untilMs: number, zone: string): Temporal.PlainDate[] {
  const last = dateAt(untilMs, zone).add({ days: 1 });
  const days: Temporal.PlainDate[] = [];
  for (let day = dateAt(fromMs, zone).subtract({ days: 1 }); Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 }))
    days.push(day);
  return days;
}

const dateAt = (ms: number, zone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate();

/**
 * The instant of a wall clock's time, epoch milliseconds.
 * @param reading which one, where clocks are put back (two instants) or forward (none); `compatible` is RFC 5545's
 */
export const instantOf = (day: Temporal.PlainDate, clock: string, zone: string, reading: 'earlier' | 'later' | 'compatible'): number =>
  day.toPlainDateTime(Temporal.PlainTime.from(clock)).toZonedDateTime(zone, { disambiguation: reading }).epochMilliseconds;

export const overlaps = ({ fromMs, untilMs }: Span, from: number, until: number): boolean => fromMs < until && untilMs > from;

/** The stretch that the instant is in, the one that lasts longest. */
export const spanAt = (times: readonly Timetable[], atMs: number): Span | undefined =>
  times.flatMap((table) => table.spans(atMs, atMs + 1)).sort((a, b) => b.untilMs - a.untilMs)[0];

const DAY_MS = 86_400_000;
/** Periods that are looked through for what comes next: the near ones first, because they are cheap. Days. */
const LOOK_AHEAD = [0, 3, 35, 400, 1_500];

/** The stretch that is open at the instant, or the next to begin; undefined when there is none in four years. */
export function nextSpan(times: readonly Timetable[], atMs: number): Span | undefined {
  for (const [i, days] of LOOK_AHEAD.slice(1).entries()) {
    const from = atMs + (LOOK_AHEAD[i] ?? 0) * DAY_MS;
    const found = times.flatMap((table) => table.spans(from, atMs + days * DAY_MS)).filter(({ untilMs }) => untilMs > atMs);
    const first = found.sort((a, b) => a.fromMs - b.fromMs || b.untilMs - a.untilMs)[0];
    if (first) return first;
  }
  return undefined;
}
