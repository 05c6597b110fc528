import ICAL from 'ical.js';
import { Temporal } from 'temporal-polyfill';
import { wholeDays } from './days.ts';
import { recurring, whyNoRule } from './recurrence.ts';
import { instantOf, overlaps, type Span, type Timetable } from './span.ts';

/** A calendar is one of freezes, not of a company's life. */
const MOST_EVENTS = 5_000;

/** A point in a calendar: a day, or a time at a place. */
interface Moment {
  isDay: boolean;
  date: Temporal.PlainDate;
  clock: string;
  zone: string;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** @throws when the time is of a zone that nobody knows */
function momentOf(event: ICAL.Component, name: string, fallback: string): Moment | undefined {
  const property = event.getFirstProperty(name);
  return property ? readTime(property, property.getFirstValue(), fallback) : undefined;
}

function readTime(property: ICAL.Property, value: unknown, fallback: string): Moment {
  if (!(value instanceof ICAL.Time)) throw new Error(`${property.name.toUpperCase()} is no time`);
  const tzid = property.getFirstParameter('tzid');
  const zone = value.zone === ICAL.Timezone.utcTimezone ? 'UTC' : (tzid ?? fallback);
  if (!isZone(zone)) throw new Error(`the time zone '${zone}' is no IANA one: write TZID=Europe/Berlin, say, or UTC`);
  const { year, month, day, hour, minute, second, isDate } = value;
  return {
    isDay: isDate,
    date: Temporal.PlainDate.from({ year, month, day }, { overflow: 'reject' }),
    clock: `${two(hour)}:${two(minute)}:${two(second)}`,
    zone: isDate ? fallback : zone,
  };
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const instant = ({ date, clock, zone }: Moment): number => instantOf(date, clock, zone, 'compatible');

/** How long an event lasts. */
interface Length {
  /** Whole days, when it is of such. */
  days?: number;
  /** Days on the calendar that come before `restMs`; on some of them clocks change. */
  nominalDays?: number;
  restMs?: number;
  /** About, where there are nominal days; else exactly, milliseconds. */
  ms: number;
}

/** A DTEND is an instant; the days and weeks of a DURATION are those of the calendar, its hours are exact (RFC 5545 3.3.6). */
function lengthOf(event: ICAL.Component, start: Moment, fallback: string): Length {
  const end = momentOf(event, 'dtend', fallback);
  const duration = event.getFirstPropertyValue('duration');
  if (start.isDay) {
    const days = end ? start.date.until(end.date).days : duration instanceof ICAL.Duration ? Math.ceil(duration.toSeconds() / 86_400) : 1;
    if (days < 1) throw new Error('DTEND is not after DTSTART');
    return { days, ms: days * 86_400_000 };
  }
  const ms = end ? instant(end) - instant(start) : duration instanceof ICAL.Duration ? duration.toSeconds() * 1_000 : 0;
  if (ms <= 0) throw new Error('the event has no length: give it a DTEND or DURATION after DTSTART');
  if (end || !(duration instanceof ICAL.Duration)) return { ms };
  const nominalDays = duration.weeks * 7 + duration.days;
  return { nominalDays, restMs: ms - nominalDays * 86_400_000, ms };
}

/** When something of this length ends that began at an instant in a zone, epoch milliseconds. */
function endOf(fromMs: number, zone: string, { nominalDays, restMs = 0, ms }: Length): number {
  if (nominalDays === undefined) return fromMs + ms;
  return Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone).add({ days: nominalDays }).epochMilliseconds + restMs;
}

const titleOf = (event: ICAL.Component): string => String(event.getFirstPropertyValue('summary') ?? 'an event').slice(0, 120);

/** The instants of a property that lists times, such as EXDATE. */
const listed = (event: ICAL.Component, name: string, fallback: string): Moment[] =>
  event.getAllProperties(name).flatMap((property) =>
    property.getValues().map((value: unknown) => {
      if (value instanceof ICAL.Period) throw new Error(`${name.toUpperCase()} with periods is not read: write times`);
      return readTime(property, value, fallback);
    }),
  );

/** One event with its repetitions. @param moved instants of those that have an event of their own */
function eventSpans(event: ICAL.Component, fallback: string, moved: ReadonlySet<number>): Timetable {
  const start = momentOf(event, 'dtstart', fallback);
  if (!start) throw new Error('an event has no DTSTART');
  const length = lengthOf(event, start, fallback);
  const { days, ms } = length;
  const name = titleOf(event);
  const rules = event.getAllProperties('rrule').map((property) => String(property.getFirstValue()));
  const wrong = rules.map(whyNoRule).find((why) => why !== undefined);
  if (wrong !== undefined) throw new Error(`${name}: ${wrong}`);
  const excluded = new Set([...listed(event, 'exdate', fallback).map(instant), ...moved]);
  const spanOf = (fromMs: number, zone: string): Span => {
    if (days === undefined) return { fromMs, untilMs: endOf(fromMs, zone, length), name };
    return wholeDays(Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(zone).toPlainDate(), days, zone, name);
  };
  const once = [...(rules.length === 0 ? [start] : []), ...listed(event, 'rdate', fallback)].map((at) => ({
    at: instant(at),
    zone: at.zone,
  }));
  const again = rules.map((rrule) =>
    recurring({
      rrule,
      start: `${String(start.date)}T${start.clock}`,
      durationMs: ms + 86_400_000,
      zone: start.zone,
      name,
      withStart: true,
    }),
  );
  return {
    spans: (fromMs, untilMs) =>
      [...once, ...again.flatMap((table) => table.spans(fromMs, untilMs)).map((span) => ({ at: span.fromMs, zone: start.zone }))]
        .filter(({ at }) => !excluded.has(at))
        .map(({ at, zone }) => spanOf(at, zone))
        .filter((span) => overlaps(span, fromMs, untilMs)),
  };
}

/**
 * The events of an iCalendar file (RFC 5545): repetitions, exceptions, moved and cancelled events; whole days and times without a zone are of `zone`.
 * @throws when it is not one, or has something in it whose time cannot be told
 */
export function calendar(text: string, zone: string): Timetable {
  const parsed: unknown = ICAL.parse(text);
  const root = new ICAL.Component(parsed as ConstructorParameters<typeof ICAL.Component>[0]);
  if (root.name !== 'vcalendar') throw new Error('expected BEGIN:VCALENDAR');
  const events = root.getAllSubcomponents('vevent');
  if (events.length > MOST_EVENTS) throw new Error(`more than ${MOST_EVENTS} events`);
  const moved = new Map<string, Set<number>>();
  for (const event of events) {
    const from = momentOf(event, 'recurrence-id', zone);
    if (event.getFirstProperty('recurrence-id')?.getFirstParameter('range'))
      throw new Error(`${titleOf(event)}: RECURRENCE-ID with RANGE is not read: write two events`);
    const uid = String(event.getFirstPropertyValue('uid'));
    if (from) moved.set(uid, (moved.get(uid) ?? new Set()).add(instant(from)));
  }
  const tables = events
    .filter((event) => event.getFirstPropertyValue('status') !== 'CANCELLED')
    .map((event) => {
      const isMoved = event.getFirstProperty('recurrence-id') !== null;
      const uid = String(event.getFirstPropertyValue('uid'));
      return eventSpans(event, zone, isMoved ? new Set() : (moved.get(uid) ?? new Set()));
    });
  return { spans: (fromMs, untilMs) => tables.flatMap((table) => table.spans(fromMs, untilMs)) };
}
