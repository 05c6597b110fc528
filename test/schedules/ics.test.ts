import fc from 'fast-check';
import ICAL from 'ical.js';
import { calendar } from '../../src/policy/times/calendar.ts';
import { spanAt } from '../../src/policy/times/span.ts';
import { nominalLengthMs, type CalendarEntry } from '../../src/schedules/entries.ts';
import { writeCalendar } from '../../src/schedules/ics.ts';
import { schedule } from './files.ts';

const entry = (changes: Partial<CalendarEntry> = {}): CalendarEntry => ({
  ...{ schedule: 'weekdays', experiment: 'payment-worker', service: 'payments', environment: 'staging', owner: 'payments' },
  ...{ atMs: Date.UTC(2026, 10, 30, 9), lengthMs: 600_000, paused: false },
  ...changes,
});

test('a feed holds what will begin, when, and nothing else', () => {
  const text = writeCalendar(
    [entry(), entry({ paused: true, schedule: 'resting' }), entry({ skipped: 'blackout', schedule: 'skipped' })],
    0,
  );
  expect(text.split('\r\n').filter((line) => line === 'BEGIN:VEVENT')).toHaveLength(1);
  expect(text).toMatch(/^BEGIN:VCALENDAR\r\nVERSION:2\.0\r\nPRODID:/);
  expect(text).toMatch(/UID:weekdays\.payment-worker\.staging\.\d+@breakwater/);
  const table = calendar(text, 'UTC');
  expect(spanAt([table], Date.UTC(2026, 10, 30, 9))).toEqual({
    ...{ fromMs: Date.UTC(2026, 10, 30, 9), untilMs: Date.UTC(2026, 10, 30, 9, 10) },
    name: 'Breakwater: payment-worker in staging',
  });
});

test('whatever an owner is called, no line is longer than 75 octets, nothing is added to the feed, and the text comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (name) => {
      const owner = name.replaceAll(/[\u0000-\u001f\u007f]/g, '');
      const text = writeCalendar([entry({ owner })], 0);
      const event = new ICAL.Component(ICAL.parse(text) as never).getAllSubcomponents();
      expect(event).toHaveLength(1);
      expect(event[0]!.getFirstPropertyValue('description')).toBe(`Schedule weekdays experiments on payments. ${owner} answers for it.`);
    }),
  );
  expect(writeCalendar([entry({ owner: 'x\r\nEND:VEVENT\r\nBEGIN:VEVENT' })], 0).match(/^BEGIN:VEVENT/gm)).toHaveLength(1);
});

test('a run is as long as its waves', () => {
  const { experiment } = schedule();
  expect(nominalLengthMs(experiment)).toBe(100 + 300);
});
