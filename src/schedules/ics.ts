import ICAL from 'ical.js';
import type { CalendarEntry } from './entries.ts';

const MINUTE_MS = 60_000;

const utc = (ms: number): ICAL.Time => ICAL.Time.fromJSDate(new Date(ms), true);

function eventOf({ schedule, experiment, service, environment, owner, atMs, lengthMs }: CalendarEntry, nowMs: number) {
  const event = new ICAL.Component('vevent');
  const set = (name: string, value: unknown): unknown => event.addPropertyWithValue(name, value);
  set('uid', `${schedule}.${experiment}.${environment}.${atMs}@breakwater`);
  set('dtstamp', utc(nowMs));
  set('dtstart', utc(atMs));
  set('dtend', utc(atMs + Math.max(MINUTE_MS, lengthMs)));
  set('summary', `Breakwater: ${experiment} in ${environment}`);
  set('description', `Schedule ${schedule} experiments on ${service}. ${owner} answers for it.`);
  set('categories', environment);
  set('transp', 'TRANSPARENT'); // nobody is busy because of it
  return event;
}

/** An iCalendar feed (RFC 5545) of what will begin: what is skipped, and what a paused schedule would start, is not in it. */
export function writeCalendar(entries: readonly CalendarEntry[], nowMs: number): string {
  const calendar = new ICAL.Component('vcalendar');
  calendar.addPropertyWithValue('version', '2.0');
  calendar.addPropertyWithValue('prodid', '-//Breakwater//schedules//EN');
  calendar.addPropertyWithValue('method', 'PUBLISH');
  calendar.addPropertyWithValue('x-wr-calname', 'Breakwater');
  for (const entry of entries) if (!entry.paused && entry.skipped === undefined) calendar.addSubcomponent(eventOf(entry, nowMs));
  return `${calendar.toString()}\r\n`;
}
