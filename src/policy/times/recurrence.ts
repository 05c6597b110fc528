import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import { overlaps, type Span, type Timetable } from './span.ts';

/** More repetitions are not counted through: a rule that has more cannot be evaluated, and denies. */
const MOST_REPETITIONS = 100_000;

/** What repeats by RFC 5545. */
export interface Recurrence {
  /** `FREQ=WEEKLY;BYDAY=TU`, without `RRULE:`. */
  rrule: string;
  /** Local time of the first: `2026-01-05T10:00:00`, or with a Z for UTC. */
  start: string;
  /** How long each lasts, milliseconds. */
  durationMs: number;
  zone: string;
  name: string;
  /** Whether `start` counts although the rule does not name it: in calendars, not in policies. */
  withStart?: boolean;
}

/** How often a rule may repeat: once a day at most, because each is looked at. */
const FREQUENCY = /^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9,+:-]+)*$/;

/** Why a rule is not one; undefined when it is. */
export function whyNoRule(rrule: string): string | undefined {
  if (!FREQUENCY.test(rrule))
    return 'expected an RFC 5545 rule that begins with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, such as FREQ=WEEKLY;BYDAY=TU,TH';
  try {
    ruleOf({ rrule, start: '2026-01-01T00:00:00', zone: 'UTC' });
    return undefined;
  } catch (error) {
    return `not an RFC 5545 rule: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const compact = (local: string): string => local.replaceAll(/[-:]/g, '');

function ruleOf({ rrule, start, zone, withStart = false }: Pick<Recurrence, 'rrule' | 'start' | 'zone' | 'withStart'>) {
  const from = start.endsWith('Z') ? `DTSTART:${compact(start)}` : `DTSTART;TZID=${zone}:${compact(start)}`;
  return new RRuleTemporal({
    rruleString: `${from}\nRRULE:${rrule}`,
    temporal: Temporal,
    includeDtstart: withStart,
    maxIterations: MOST_REPETITIONS,
    strict: true,
  });
}

/** The beginnings of all repetitions in [fromMs, untilMs], epoch milliseconds. */
export const beginnings = (
  recurrence: Pick<Recurrence, 'rrule' | 'start' | 'zone' | 'withStart'>,
  fromMs: number,
  untilMs: number,
): number[] =>
  ruleOf(recurrence)
    .between(new Date(fromMs), new Date(untilMs), true)
    .map(({ epochMilliseconds }) => epochMilliseconds);

/** A rule of RFC 5545 whose repetitions last equally long. */
export const recurring = (recurrence: Recurrence): Timetable => ({
  spans: (fromMs, untilMs) =>
    beginnings(recurrence, fromMs - recurrence.durationMs, untilMs)
      .map((begin): Span => ({ fromMs: begin, untilMs: begin + recurrence.durationMs, name: recurrence.name }))
      .filter((span) => overlaps(span, fromMs, untilMs)),
});
