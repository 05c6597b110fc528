import fc from 'fast-check';
import { DateTime, IANAZone } from 'luxon';
import { RRule } from 'rrule';
import { isOpen } from '../../src/domain/window.ts';
import type { Window } from '../../src/domain/experiment/metadata.ts';
import { calendar } from '../../src/policy/times/calendar.ts';
import { isCountry, namedDay, publicHolidays } from '../../src/policy/times/days.ts';
import { hours } from '../../src/policy/times/hours.ts';
import { recurring, whyNoRule } from '../../src/policy/times/recurrence.ts';
import { nextSpan, spanAt } from '../../src/policy/times/span.ts';
import { byLuxon, clock, instant, rule, zone, zones } from '../support/times.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());

/** When the next one begins by the `rrule` library, which knows no zones, and luxon, which knows no rules. */
function nextByOthers(text: string, start: string, name: string, atMs: number, durationMs: number): number | undefined {
  const options = RRule.parseString(text);
  const other = new RRule({ ...options, dtstart: new Date(`${start}Z`) });
  const from = new Date(atMs - durationMs - 2 * DAY_MS);
  for (let wall = other.after(from, true), tries = 0; wall && tries < 500; wall = other.after(wall, false), tries++) {
    const begin = byLuxon(wall, name);
    if (begin + durationMs > atMs) return begin;
  }
  return undefined;
}

test('for random zones and rules, the next window is that of independent libraries', () => {
  fc.assert(
    fc.property(rule, zone, clock, instant, fc.integer({ min: 1, max: 40 }), (rrule, name, at, nowMs, quarters) => {
      const start = `2015-01-01T${at}:00`;
      const durationMs = quarters * 900_000;
      const ours = nextSpan([recurring({ rrule, start, durationMs, zone: name, name: 'x' })], nowMs);
      const theirs = nextByOthers(rrule, start, name, nowMs, durationMs);
      // Beyond what is looked ahead ours says nothing.
      if (theirs !== undefined && theirs < nowMs + 1_400 * DAY_MS) expect([rrule, iso(ours?.fromMs)]).toEqual([rrule, iso(theirs)]);
    }),
    { numRuns: 250 },
  );
}, 120_000);

/** All changes of clocks of a zone in some years. */
function changes(name: string): number[] {
  const found: number[] = [];
  const zoned = IANAZone.create(name);
  const offsetAt = (ms: number): number => zoned.offset(ms);
  for (let day = Date.UTC(2025, 0, 1); day < Date.UTC(2027, 0, 1); day += DAY_MS) {
    if (offsetAt(day) === offsetAt(day + DAY_MS)) continue;
    for (let ms = day; ms < day + DAY_MS; ms += HOUR_MS) if (offsetAt(ms) !== offsetAt(ms + HOUR_MS)) found.push(ms + HOUR_MS);
  }
  return found;
}

const aWindow = fc.record({
  days: fc.uniqueArray(
    fc.constantFrom('mon' as const, 'tue' as const, 'wed' as const, 'thu' as const, 'fri' as const, 'sat' as const, 'sun' as const),
    { minLength: 1 },
  ),
  from: clock,
  to: clock,
  zone,
});

/** Local time by luxon: day of the week and minutes since midnight. */
const localOf = (ms: number, name: string) => {
  const { weekday, hour, minute } = DateTime.fromMillis(ms, { zone: name });
  return { weekday, minute: hour * 60 + minute };
};
const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const weekdayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

function isOpenByLuxon({ days, from, to, zone: name }: Window, ms: number): boolean {
  const { weekday, minute } = localOf(ms, name);
  const isListed = (day: number): boolean => days.includes(weekdayNames[(day + 6) % 7]!);
  const [start, end] = [minuteOf(from), minuteOf(to)];
  if (start <= end) return isListed(weekday) && minute >= start && minute < end;
  return (isListed(weekday) && minute >= start) || (isListed(weekday - 1) && minute < end);
}

test('hours of weekdays are those of the clock on the wall; where clocks change, never more than that', () => {
  fc.assert(
    fc.property(aWindow, instant, (window, ms) => {
      const byWall = isOpenByLuxon(window, ms);
      const ours = spanAt([hours(window)], ms) !== undefined;
      if (ours) expect({ window, at: iso(ms), byWall }).toMatchObject({ byWall: true });
      const name = IANAZone.create(window.zone);
      const isCalm = name.offset(ms - 36 * HOUR_MS) === name.offset(ms + 36 * HOUR_MS);
      if (isCalm) expect({ window, at: iso(ms), ours }).toMatchObject({ ours: byWall });
      if (isCalm) expect(isOpen(window, ms)).toBe(byWall);
    }),
    { numRuns: 300 },
  );
});

test.each(zones)(
  '%s: around each change of clocks a window is open only when the wall says so, and its next beginning is when it opens',
  (name) => {
    const window: Window = { days: [...weekdayNames], from: '01:30', to: '03:30', zone: name };
    for (const change of changes(name)) {
      for (let ms = change - 6 * HOUR_MS; ms < change + 6 * HOUR_MS; ms += 15 * 60_000) {
        const table = [hours(window)];
        if (spanAt(table, ms)) expect(isOpenByLuxon(window, ms)).toBe(true);
        const next = nextSpan(table, ms);
        expect(next && spanAt(table, Math.max(ms, next.fromMs))).toEqual(next);
      }
    }
  },
);

test('days with a name', () => {
  const newYork = 'America/New_York';
  const first = (day: Parameters<typeof namedDay>[0], year: number, days = 1) => {
    const span = nextSpan([namedDay(day, days, newYork)], Date.UTC(year, 5, 1));
    return [iso(span?.fromMs), iso(span?.untilMs)];
  };
  expect(first('black-friday', 2024)).toEqual(['2024-11-29T05:00:00.000Z', '2024-11-30T05:00:00.000Z']);
  expect(first('black-friday', 2026)).toEqual(['2026-11-27T05:00:00.000Z', '2026-11-28T05:00:00.000Z']);
  expect(first('black-friday', 2030)[0]).toBe('2030-11-29T05:00:00.000Z'); // the month begins with a Friday
  expect(first('cyber-monday', 2024)[0]).toBe('2024-12-02T05:00:00.000Z');
  expect(first('thanksgiving', 2027)[0]).toBe('2027-11-25T05:00:00.000Z');
  expect(first('singles-day', 2026, 2)).toEqual(['2026-11-11T05:00:00.000Z', '2026-11-13T05:00:00.000Z']);
  expect(spanAt([namedDay('christmas-eve', 9, newYork)], Date.parse('2027-01-01T23:59:59-05:00'))).toBeDefined();
  expect(spanAt([namedDay('christmas-eve', 9, newYork)], Date.parse('2027-01-02T00:00:00-05:00'))).toBeUndefined();
});

test('holidays are whole days in the zone of the rule', () => {
  const table = [publicHolidays('US', undefined, 'Asia/Tokyo')];
  expect(spanAt(table, Date.parse('2026-11-26T00:00:00+09:00'))?.name).toBe('Thanksgiving Day (US)');
  expect(spanAt(table, Date.parse('2026-11-25T23:59:59+09:00'))).toBeUndefined();
  expect(spanAt([publicHolidays('DE', 'BE', 'Europe/Berlin')], Date.parse('2026-03-08T12:00:00+01:00'))).toBeDefined(); // Women's Day, in Berlin only
  expect(spanAt([publicHolidays('DE', undefined, 'Europe/Berlin')], Date.parse('2026-03-08T12:00:00+01:00'))).toBeUndefined();
  expect([isCountry('US'), isCountry('DE', 'BE'), isCountry('XX'), isCountry('DE', 'XX'), isCountry('constructor')]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('a public holiday of several days lasts all of them, into the next year too; a day of 25 or 23 hours is one', () => {
  const at = (country: string, name: string, when: string) => spanAt([publicHolidays(country, undefined, name)], Date.parse(when))?.name;
  const eid = ['18T23:59:59', '19T00:00:00', '20T12:00:00', '22T23:59:59', '23T00:00:00'].map((when) =>
    at('SA', 'Asia/Riyadh', `2026-03-${when}+03:00`),
  );
  const name = 'End of Ramadan (Eid al-Fitr) (SA)';
  expect(eid).toEqual([undefined, name, name, name, undefined]);
  expect(at('SZ', 'Africa/Mbabane', '2027-01-02T12:00:00+02:00')).toBe('Incwala Festival (SZ)');
  expect(at('TR', 'Europe/Istanbul', '2026-03-23T08:00:00+03:00')).toMatch(/^End of Ramadan/); // three days and a half
  for (const [country, zoneOf, next] of [
    ['AT', 'Europe/Vienna', '2025-10-27T00:00:00+01:00'],
    ['BA', 'Europe/Sarajevo', '2027-03-30T00:00:00+02:00'], // after Easter Monday; Sunday has 23 hours
    ['IS', 'Atlantic/Reykjavik', '2026-12-25T00:00:00Z'],
  ] as const) {
    expect(spanAt([publicHolidays(country, undefined, zoneOf)], Date.parse(next) - 1)?.untilMs).toBe(Date.parse(next));
  }
});

const ics = (...events: string[]): string =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:x',
    ...events.flatMap((event) => ['BEGIN:VEVENT', ...event.trim().split(/\n\s*/), 'END:VEVENT']),
    'END:VCALENDAR',
  ].join('\r\n');

describe('calendars', () => {
  const at = (text: string, when: string, name = 'Europe/Berlin') => spanAt([calendar(text, name)], Date.parse(when))?.name;

  test('whole days are days of the zone, also where one has 23 hours', () => {
    const text = ics('UID:1\nSUMMARY:freeze\nDTSTART;VALUE=DATE:20260329\nDTEND;VALUE=DATE:20260330');
    expect(at(text, '2026-03-28T23:59:59+01:00')).toBeUndefined();
    expect(at(text, '2026-03-29T00:00:00+01:00')).toBe('freeze');
    expect(at(text, '2026-03-29T23:59:59+02:00')).toBe('freeze');
    expect(at(text, '2026-03-30T00:00:00+02:00')).toBeUndefined();
  });

  test('a time is of its own zone, of UTC, or of the rule’s', () => {
    expect(at(ics('UID:1\nSUMMARY:x\nDTSTART;TZID=America/New_York:20260701T090000\nDURATION:PT1H'), '2026-07-01T13:30:00Z')).toBe('x');
    expect(at(ics('UID:1\nSUMMARY:x\nDTSTART:20260701T090000Z\nDURATION:PT1H'), '2026-07-01T09:30:00Z')).toBe('x');
    expect(at(ics('UID:1\nSUMMARY:x\nDTSTART:20260701T090000\nDURATION:PT1H'), '2026-07-01T07:30:00Z')).toBe('x');
  });

  test.each([
    ['DURATION:P2D', '2026-10-26T00:00:00+01:00'],
    ['DURATION:P1W', '2026-10-31T00:00:00+01:00'],
    ['DURATION:PT48H', '2026-10-25T23:00:00+01:00'],
    ['DURATION:P1DT12H', '2026-10-25T11:00:00+01:00'], // a day first, then hours, of which this day has 25
    ['DTEND;TZID=Europe/Berlin:20261026T000000', '2026-10-26T00:00:00+01:00'],
  ])('days of a DURATION are those of the calendar, where clocks change too: %s', (length, until) => {
    for (const repeats of ['', '\nRRULE:FREQ=YEARLY']) {
      const text = ics(`UID:1\nDTSTART;TZID=Europe/Berlin:20261024T000000\n${length}${repeats}`);
      expect(spanAt([calendar(text, 'UTC')], Date.parse(until) - 1)?.untilMs).toBe(Date.parse(until));
    }
  });

  test('repetitions keep the time on the wall; exceptions, additions, moved and cancelled ones count', () => {
    const weekly =
      'UID:1\nSUMMARY:x\nDTSTART;TZID=Europe/Berlin:20260303T100000\nDTEND;TZID=Europe/Berlin:20260303T110000\nRRULE:FREQ=WEEKLY;COUNT=8';
    const text = ics(
      `${weekly}\nEXDATE;TZID=Europe/Berlin:20260317T100000\nRDATE;TZID=Europe/Berlin:20260305T100000`,
      'UID:1\nSUMMARY:moved\nRECURRENCE-ID;TZID=Europe/Berlin:20260324T100000\nDTSTART;TZID=Europe/Berlin:20260325T080000\nDURATION:PT1H',
      'UID:1\nSTATUS:CANCELLED\nRECURRENCE-ID;TZID=Europe/Berlin:20260407T100000\nDTSTART;TZID=Europe/Berlin:20260407T100000\nDURATION:PT1H',
    );
    const open = [
      '2026-03-03T09:30:00Z',
      '2026-03-05T09:30:00Z',
      '2026-03-10T09:30:00Z',
      '2026-03-25T07:30:00Z',
      '2026-03-31T08:30:00Z',
      '2026-04-21T08:30:00Z',
    ];
    const shut = ['2026-03-17T09:30:00Z', '2026-03-24T09:30:00Z', '2026-03-31T09:30:00Z', '2026-04-07T08:30:00Z', '2026-04-28T08:30:00Z'];
    expect(open.map((when) => at(text, when) !== undefined)).toEqual(open.map(() => true));
    expect(shut.map((when) => at(text, when))).toEqual(shut.map(() => undefined));
  });

  test.each([
    ['no calendar', 'hello'],
    ['another component', 'BEGIN:VTODO\r\nEND:VTODO'],
    ['a zone that nobody knows', ics('UID:1\nDTSTART;TZID=W. Europe Standard Time:20260701T090000\nDURATION:PT1H')],
    ['no beginning', ics('UID:1\nDURATION:PT1H')],
    ['no length', ics('UID:1\nDTSTART:20260701T090000Z')],
    ['an end before the beginning', ics('UID:1\nDTSTART:20260701T090000Z\nDTEND:20260701T080000Z')],
    ['every minute', ics('UID:1\nDTSTART:20260701T090000Z\nDURATION:PT1H\nRRULE:FREQ=MINUTELY')],
    ['moves of all that follow', ics('UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260701T090000Z\nDTSTART:20260701T090000Z\nDURATION:PT1H')],
  ])('%s is refused', (_what, text) => {
    expect(() => calendar(text, 'UTC').spans(0, 1)).toThrow();
  });
});

test.each([
  ['FREQ=WEEKLY;BYDAY=TU', true],
  ['FREQ=MINUTELY', false],
  ['BYDAY=TU', false],
  ['FREQ=WEEKLY;BYDAY=XX', false],
  ['FREQ=WEEKLY;NONSENSE=1', false],
  ['FREQ=DAILY\nRDATE:20260101', false],
])('%j is a rule: %s', (text, isRule) => {
  expect(whyNoRule(text) === undefined).toBe(isRule);
});

test.each([
  ['in UTC', 'FREQ=DAILY;UNTIL=20260702T080000Z', 2],
  ['in UTC, just before', 'FREQ=DAILY;UNTIL=20260702T075959Z', 1],
  ['in local time', 'FREQ=DAILY;UNTIL=20260702T100000', 2],
  ['a day, which counts', 'FREQ=DAILY;UNTIL=20260703', 3],
])('an end %s', (_what, rrule, times) => {
  const table = recurring({ rrule, start: '2026-07-01T10:00:00', durationMs: HOUR_MS, zone: 'Europe/Berlin', name: 'x' });
  expect(table.spans(Date.UTC(2026, 5, 1), Date.UTC(2026, 8, 1)).length).toBe(times);
});

test('the first Monday is at midnight also when clocks change in the month before', () => {
  const rule = { rrule: 'FREQ=MONTHLY;BYDAY=1MO', start: '2015-01-01T00:00:00', durationMs: HOUR_MS, zone: 'Africa/Casablanca', name: 'x' };
  expect(iso(nextSpan([recurring(rule)], Date.UTC(2029, 0, 20))?.fromMs)).toBe('2029-02-05T00:00:00.000Z');
});

test('a rule that never comes true ends, and opens nothing', () => {
  expect(
    nextSpan(
      [
        recurring({
          rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
          start: '2020-01-01T00:00:00',
          durationMs: DAY_MS,
          zone: 'UTC',
          name: 'x',
        }),
      ],
      Date.UTC(2026, 0, 1),
    ),
  ).toBeUndefined();
});
