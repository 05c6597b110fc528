import type { Temporal } from 'temporal-polyfill';
import { daysAround, instantOf, type Span } from '../policy/times/span.ts';
import type { ReadySchedule } from './ready.ts';
import { dateAt, dayAt, startsIn, type WindowStart } from './starts.ts';

/** A day of a schedule, or one of its starts. */
export interface PlannedDay {
  /** In the zone of the schedule, `2026-11-27`. */
  date: string;
  /** Epoch milliseconds; absent: the day has no window. */
  atMs?: number;
  window?: string;
  /** Why nothing begins; absent: a run does. */
  skipped?: string;
}

/** A start that is to be. */
export interface PlannedStart {
  date: string;
  atMs: number;
  window: string;
}

/** The stretch that is looked at, and since when the schedule is there: what was before counts for nothing. Epoch milliseconds. */
export interface Stretch {
  sinceMs: number;
  fromMs: number;
  untilMs: number;
}

const DAY_MS = 86_400_000;
/** A period may have begun so long before the stretch. */
const LONGEST_PERIOD_DAYS = 32;

/** `2026-11-27`, `2026-W48` or `2026-11`: the day, week or month that a day is in. */
export function periodOf(day: Temporal.PlainDate, per: 'day' | 'week' | 'month'): string {
  if (per === 'day') return day.toString();
  if (per === 'month') return day.toString().slice(0, 7);
  return `${day.yearOfWeek}-W${String(day.weekOfYear).padStart(2, '0')}`;
}

const iso = (ms: number): string => new Date(ms).toISOString().replace(':00.000Z', 'Z');

/** The longest of the blackouts that hold at an instant, in words. */
function blackoutAt(spans: readonly Span[], atMs: number): string | undefined {
  const [found] = spans.filter(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs).sort((a, b) => b.untilMs - a.untilMs);
  return found && `blackout: ${found.name}, until ${iso(found.untilMs)}`;
}

/** Every start of the stretch, with what becomes of it. */
export function planStarts(
  schedule: ReadySchedule,
  { sinceMs, fromMs, untilMs }: Stretch,
): (WindowStart & PlannedDay & { atMs: number })[] {
  const { terms, zone } = schedule;
  const earliest = Math.max(sinceMs, fromMs - LONGEST_PERIOD_DAYS * DAY_MS);
  if (earliest >= untilMs) return [];
  const blackouts = schedule.blackouts.flatMap((table) => table.spans(earliest, untilMs));
  const taken = new Map<string, string[]>();
  const skippedFor = ({ atMs, missing }: WindowStart): string | undefined => {
    const why = missing ?? blackoutAt(blackouts, atMs);
    if (why !== undefined || !terms.atMost) return why;
    const { runs, per } = terms.atMost;
    const period = periodOf(dayAt(atMs, zone), per);
    const before = taken.get(period) ?? [];
    if (before.length >= runs) return `at most ${runs} a ${per}: ${before.join(', ')}`;
    taken.set(period, [...before, dateAt(atMs, zone)]);
    return undefined;
  };
  return startsIn(schedule, earliest, untilMs)
    .map((start) => {
      const skipped = skippedFor(start);
      return { ...start, date: dateAt(start.atMs, zone), ...(skipped !== undefined && { skipped }) };
    })
    .filter(({ atMs }) => atMs >= fromMs);
}

/** The starts that are to be, the first so many. */
export const runsIn = (schedule: ReadySchedule, stretch: Stretch, most = Infinity): PlannedStart[] =>
  planStarts(schedule, stretch)
    .filter(({ skipped }) => skipped === undefined)
    .slice(0, most)
    .map(({ date, atMs, window }) => ({ date, atMs, window }));

/** Every day of the stretch: its starts, and why there is none. */
export function planDays(schedule: ReadySchedule, stretch: Stretch): PlannedDay[] {
  const starts = planStarts(schedule, stretch).map(({ missing: _missing, ...start }): PlannedDay => start);
  const known = new Set(starts.map(({ date }) => date));
  const empty = daysOf(schedule.zone, stretch)
    .filter((date) => !known.has(date))
    .map((date): PlannedDay => ({ date, skipped: 'no window' }));
  return [...starts, ...empty].sort((a, b) => (a.date === b.date ? (a.atMs ?? 0) - (b.atMs ?? 0) : a.date < b.date ? -1 : 1));
}

/** The days that begin or go on in the stretch. */
const daysOf = (zone: string, { fromMs, untilMs }: Stretch): string[] =>
  daysAround(fromMs, untilMs, zone)
    .filter(
      (day) =>
        instantOf(day.add({ days: 1 }), '00:00', zone, 'compatible') > fromMs && instantOf(day, '00:00', zone, 'compatible') < untilMs,
    )
    .map((day) => day.toString());

/** How far ahead starts are laid down with Temporal: so many days, or so many starts. Each run lays down what follows. */
export const HORIZON = { days: 1_100, starts: 300 };

/** The starts that Temporal is told of. */
export const horizonOf = (schedule: ReadySchedule, { sinceMs, nowMs }: { sinceMs: number; nowMs: number }): PlannedStart[] =>
  runsIn(schedule, { sinceMs, fromMs: nowMs, untilMs: nowMs + HORIZON.days * DAY_MS }, HORIZON.starts);
