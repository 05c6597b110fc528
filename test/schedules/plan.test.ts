import fc from 'fast-check';
import { DateTime, IANAZone } from 'luxon';
import { RRule } from 'rrule';
import { instantsOf, structuredCalendarsOf } from '../../src/schedules/calendars.ts';
import { planDays, planStarts, runsIn } from '../../src/schedules/plan.ts';
import { makeReady, type ReadySchedule } from '../../src/schedules/ready.ts';
import { ScheduleTerms } from '../../src/schedules/schema.ts';
import { startsIn } from '../../src/schedules/starts.ts';
import { byLuxon, clock, instant, rule, zone, zones } from '../support/times.ts';

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const ready = (terms: Record<string, unknown>): ReadySchedule =>
  makeReady(ScheduleTerms.parse({ apiVersion: 'breakwater.dev/v1', kind: 'Schedule', metadata: { name: 'x', owner: 'x' }, ...terms }), {});

const daysOfWeek = fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 });
const start = fc.oneof(fc.constant('random'), fc.constant('begin'), fc.record({ at: clock }));
const atMost = fc.record({ runs: fc.integer({ min: 1, max: 4 }), per: fc.constantFrom('day', 'week', 'month') });
const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const iso = (ms: number): string => new Date(ms).toISOString();

/** Whether the wall of the zone shows a minute of the window, by luxon. */
function isOpenByLuxon(
  { days, from, to, zone: name }: { days: readonly string[]; from: string; to: string; zone: string },
  ms: number,
): boolean {
  const { weekday, hour, minute } = DateTime.fromMillis(ms, { zone: name });
  const isListed = (day: number): boolean => days.includes(weekdays[(day + 6) % 7]!);
  const [begin, end, at] = [minuteOf(from), minuteOf(to), hour * 60 + minute];
  if (begin <= end) return isListed(weekday) && at >= begin && at < end;
  return (isListed(weekday) && at >= begin) || (isListed(weekday - 1) && at < end);
}

test('hours of weekdays: one start for each, when the clock on the wall says so, by luxon', () => {
  fc.assert(
    fc.property(daysOfWeek, clock, clock, zone, start, instant, (days, from, to, name, how, fromMs) => {
      const window = { days, from, to, zone: name };
      const found = startsIn(ready({ windows: [window], start: how }), fromMs, fromMs + 20 * DAY_MS);
      for (const { atMs, missing } of found)
        if (missing === undefined) expect([window, iso(atMs), isOpenByLuxon(window, atMs)]).toEqual([window, iso(atMs), true]);
      if (from === to) return expect(found).toEqual([]);
      const zoned = IANAZone.create(name);
      for (
        let day = DateTime.fromMillis(fromMs, { zone: name }).startOf('day').plus({ days: 2 }), i = 0;
        i < 15;
        i++, day = day.plus({ days: 1 }).startOf('day')
      ) {
        const noon = day.plus({ hours: 12 }).toMillis();
        if (zoned.offset(noon - 48 * HOUR_MS) !== zoned.offset(noon + 60 * HOUR_MS)) continue; // clocks change: the shorter reading, above
        const beginMs = day.toMillis() + minuteOf(from) * MINUTE_MS;
        const lengthMs = ((minuteOf(to) - minuteOf(from) + 1_440) % 1_440) * MINUTE_MS;
        const own = found.filter(({ atMs }) => atMs >= beginMs && atMs < beginMs + lengthMs);
        expect([iso(beginMs), own.length]).toEqual([iso(beginMs), days.includes(weekdays[day.weekday - 1]!) ? 1 : 0]);
        if (how === 'begin') for (const { atMs } of own) expect(iso(atMs)).toBe(iso(beginMs));
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);

test('rules: the starts are the repetitions that rrule and luxon tell', () => {
  fc.assert(
    fc.property(rule, zone, clock, instant, (rrule, name, at, fromMs) => {
      const begins = `2015-01-01T${at}:00`;
      const untilMs = fromMs + 200 * DAY_MS;
      const ours = startsIn(ready({ windows: [{ rrule, start: begins, duration: '2h', zone: name }], start: 'begin' }), fromMs, untilMs);
      const other = new RRule({ ...RRule.parseString(rrule), dtstart: new Date(`${begins}Z`) });
      const theirs = other
        .between(new Date(fromMs - 2 * DAY_MS), new Date(untilMs + 2 * DAY_MS), true)
        .map((wall) => byLuxon(wall, name))
        .filter((ms) => ms >= fromMs && ms < untilMs);
      expect([rrule, ours.map(({ atMs }) => iso(atMs))]).toEqual([rrule, [...new Set(theirs)].sort((a, b) => a - b).map(iso)]);
    }),
    { numRuns: 150 },
  );
}, 120_000);

const aSchedule = fc
  .record({
    days: daysOfWeek,
    from: clock,
    to: clock,
    name: zone,
    start,
    atMost: fc.option(atMost, { nil: undefined }),
    blackout: fc.option(rule, { nil: undefined }),
  })
  .map(({ days, from, to, name, start: how, atMost: most, blackout }) =>
    ready({
      windows: [{ days, from, to, zone: name }],
      start: how,
      ...(most && { atMost: most }),
      ...(blackout !== undefined && { skip: { blackouts: [{ rrule: blackout, start: '2015-01-01T00:00', duration: '36h', zone: name }] } }),
    }),
  );

test('never more than so many a day, week or month of the calendar, by luxon; never fewer without a reason; never in a blackout', () => {
  fc.assert(
    fc.property(aSchedule, instant, (schedule, sinceMs) => {
      const all = planStarts(schedule, { sinceMs, fromMs: sinceMs, untilMs: sinceMs + 70 * DAY_MS });
      const { atMost: most } = schedule.terms;
      const periodOf = (ms: number): string => {
        const day = DateTime.fromMillis(ms, { zone: schedule.zone });
        return most?.per === 'day'
          ? day.toISODate()!
          : most?.per === 'month'
            ? day.toFormat('yyyy-MM')
            : `${day.weekYear}-${day.weekNumber}`;
      };
      const counts = new Map<string, number>();
      for (const { atMs, skipped, missing } of all) {
        const isBlack = schedule.blackouts.some((table) => table.spans(atMs, atMs + 1).length > 0);
        const before = counts.get(periodOf(atMs)) ?? 0;
        const isFull = most !== undefined && before >= most.runs;
        expect([iso(atMs), skipped === undefined]).toEqual([iso(atMs), missing === undefined && !isBlack && !isFull]);
        if (isBlack && missing === undefined) expect(skipped).toMatch(/^blackout: /);
        if (skipped === undefined) counts.set(periodOf(atMs), before + 1);
      }
    }),
    { numRuns: 100 },
  );
}, 120_000);

test('a preview is true: whoever asks later sees the same, and Temporal is told exactly that', () => {
  fc.assert(
    fc.property(aSchedule, instant, fc.integer({ min: 0, max: 60 * DAY_MS }), (schedule, sinceMs, laterMs) => {
      const untilMs = sinceMs + 90 * DAY_MS;
      const runs = runsIn(schedule, { sinceMs, fromMs: sinceMs, untilMs });
      const later = sinceMs + laterMs;
      expect(runsIn(schedule, { sinceMs, fromMs: later, untilMs })).toEqual(runs.filter(({ atMs }) => atMs >= later));
      expect(instantsOf(structuredCalendarsOf(runs)).map(iso)).toEqual(runs.map(({ atMs }) => iso(atMs)));
    }),
    { numRuns: 100 },
  );
}, 120_000);

test.each(zones)('%s: every day of a year is shown once, or once for each of its starts', (name) => {
  const schedule = ready({ windows: [{ days: [...weekdays], from: '00:00', to: '23:45', zone: name }] });
  const fromMs = Date.UTC(2026, 0, 1, 12);
  const untilMs = fromMs + 365 * DAY_MS;
  const days = planDays(schedule, { sinceMs: fromMs, fromMs, untilMs });
  const wanted: string[] = [];
  for (
    let day = DateTime.fromMillis(fromMs, { zone: name }).startOf('day');
    day.toMillis() < untilMs;
    day = day.plus({ days: 1 }).startOf('day')
  )
    wanted.push(day.toISODate()!);
  expect([...new Set(days.map(({ date }) => date))]).toEqual(wanted);
  expect(days.filter(({ skipped }) => skipped === undefined).length).toBeGreaterThanOrEqual(363);
});

test('what was before the schedule counts for nothing; a day says why nothing begins', () => {
  const schedule = ready({
    windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '10:00', to: '15:00', zone: 'Europe/Berlin' }],
    start: { at: '11:00' },
    atMost: { runs: 2, per: 'week' },
    skip: { blackouts: [{ day: 'black-friday', days: 4, zone: 'Europe/Berlin' }] },
  });
  const sinceMs = Date.parse('2026-11-25T11:00:00+01:00'); // a Wednesday, at the very time
  const days = planDays(schedule, { sinceMs, fromMs: sinceMs, untilMs: sinceMs + 8 * DAY_MS + 1_000 });
  expect(days.map(({ date, atMs, skipped }) => [date, atMs === undefined ? '' : iso(atMs).slice(11, 16), skipped ?? 'run'])).toEqual([
    ['2026-11-25', '10:00', 'run'],
    ['2026-11-26', '10:00', 'run'],
    ['2026-11-27', '10:00', 'blackout: black-friday, until 2026-11-30T23:00Z'],
    ['2026-11-28', '', 'no window'],
    ['2026-11-29', '', 'no window'],
    ['2026-11-30', '10:00', 'blackout: black-friday, until 2026-11-30T23:00Z'],
    ['2026-12-01', '10:00', 'run'],
    ['2026-12-02', '10:00', 'run'],
    ['2026-12-03', '10:00', 'at most 2 a week: 2026-12-01, 2026-12-02'],
  ]);
  expect(
    planDays(
      { ...schedule, terms: { ...schedule.terms, start: { at: '16:00' } } },
      { sinceMs, fromMs: sinceMs, untilMs: sinceMs + 2 * DAY_MS },
    ),
  ).toMatchObject([
    { date: '2026-11-25', skipped: 'no window' },
    { date: '2026-11-26', skipped: '16:00 is not in the window mon,tue,wed,thu,fri 10:00–15:00 Europe/Berlin' },
    { date: '2026-11-27' },
  ]);
});
