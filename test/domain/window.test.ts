import { Window } from '../../src/domain/experiment/metadata.ts';
import { describeWindow, isOpen, mayBegin } from '../../src/domain/window.ts';

const window = (days: string[], from: string, to: string, zone: string) => Window.parse({ days, from, to, zone });
const open = (some: Window, at: string): boolean => isOpen(some, Date.parse(at));
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri'];

test('the first minute is inside, the last is not', () => {
  const office = window(weekdays, '10:00', '15:00', 'Europe/Berlin'); // winter: UTC+1
  expect(open(office, '2026-11-23T08:59:59.999Z')).toBe(false);
  expect(open(office, '2026-11-23T09:00:00Z')).toBe(true);
  expect(open(office, '2026-11-23T13:59:59.999Z')).toBe(true);
  expect(open(office, '2026-11-23T14:00:00Z')).toBe(false);
  expect(open(office, '2026-11-22T10:00:00Z')).toBe(false); // Sunday
});

test('the day is the day of the zone', () => {
  const monday = window(['mon'], '00:00', '23:59', 'Pacific/Auckland'); // UTC+13 in November
  expect(open(monday, '2026-11-22T11:30:00Z')).toBe(true);
  expect(open(monday, '2026-11-23T11:30:00Z')).toBe(false);
  const quarter = window(['mon'], '05:45', '06:00', 'Asia/Kathmandu'); // UTC+5:45
  expect(open(quarter, '2026-11-23T00:00:00Z')).toBe(true);
  expect(open(quarter, '2026-11-22T23:59:59Z')).toBe(false);
});

describe('past midnight', () => {
  const night = window(['fri'], '22:00', '02:00', 'UTC');
  test.each([
    ['2026-11-20T21:59:00Z', false],
    ['2026-11-20T22:00:00Z', true],
    ['2026-11-21T01:59:00Z', true], // Saturday, but of Friday's night
    ['2026-11-21T02:00:00Z', false],
    ['2026-11-20T01:00:00Z', false], // Friday, but of Thursday's night
    ['2026-11-21T22:30:00Z', false],
  ])('%s: %s', (at, expected) => expect(open(night, at)).toBe(expected));

  test('Sunday night reaches into Monday', () => expect(open(window(['sun'], '23:00', '01:00', 'UTC'), '2026-11-23T00:30:00Z')).toBe(true));
});

describe('days on which the clock changes', () => {
  const early = window(['sun'], '02:00', '03:00', 'Europe/Berlin');
  test('an hour that is skipped is never open', () => {
    for (let at = Date.parse('2026-03-28T23:00:00Z'); at < Date.parse('2026-03-29T22:00:00Z'); at += 600_000)
      expect(isOpen(early, at)).toBe(false);
  });
  test('an hour that comes twice is open twice', () => {
    expect(open(early, '2026-10-25T00:30:00Z')).toBe(true); // summer time
    expect(open(early, '2026-10-25T01:30:00Z')).toBe(true); // winter time
    expect(open(early, '2026-10-25T02:00:00Z')).toBe(false);
  });
  test('the window follows the clock on the wall', () => {
    const office = window(weekdays, '10:00', '11:00', 'America/New_York');
    expect(open(office, '2026-10-30T14:30:00Z')).toBe(true); // UTC-4
    expect(open(office, '2026-11-02T14:30:00Z')).toBe(false);
    expect(open(office, '2026-11-02T15:30:00Z')).toBe(true); // UTC-5
  });
});

test('a window that ends when it begins is never open', () => {
  const empty = window(['mon'], '10:00', '10:00', 'UTC');
  for (let minute = 0; minute < 1_440; minute += 5) expect(isOpen(empty, Date.parse('2026-11-23T00:00:00Z') + minute * 60_000)).toBe(false);
});

test('no windows means always, several mean any', () => {
  const at = Date.parse('2026-11-23T12:00:00Z');
  expect(mayBegin([], at)).toBe(true);
  expect(mayBegin([window(['tue'], '10:00', '15:00', 'UTC')], at)).toBe(false);
  expect(mayBegin([window(['tue'], '10:00', '15:00', 'UTC'), window(['mon'], '10:00', '15:00', 'UTC')], at)).toBe(true);
});

test('it is described as it was written', () =>
  expect(describeWindow(window(['mon', 'tue'], '10:00', '15:00', 'Europe/Berlin'))).toBe('mon,tue 10:00–15:00 Europe/Berlin'));
