import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import { instantOf, overlaps, type Span, type Timetable } from './span.ts';

/** More repetitions are not counted through: a rule that has more cannot be evaluated, and denies. */
const MOST_REPETITIONS = 100_000;

/** What repeats by RFC 5545. */
export interface Recurrence {
  /** `FREQ=WEEKLY;BYDAY=TU`, without `RRULE:`. */
  rrule: string;
  /** Local time of the first: `2026-01-05T10:00:00`. */
  start: string;
  /** How long each lasts, milliseconds. */
  durationMs: number;
  zone: string;
  name: string;
  /** Whether `start` counts although the rule does not name it: in calendars, not in policies. */
  withStart?: boolean;
}

/** How often a rule may repeat: once a day at most, because each is looked at. */
const RULE =
  /^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(INTERVAL|COUNT|UNTIL|WKST|BY(DAY|MONTHDAY|YEARDAY|WEEKNO|MONTH|SETPOS))=[A-Z0-9,+-]+)*$/;

/** Why a rule is not one; undefined when it is. */
export function whyNoRule(rrule: string): string | undefined {
  if (!RULE.test(rrule))
    return 'expected an RFC 5545 rule that begins with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, such as FREQ=WEEKLY;BYDAY=TU,TH';
  try {
    onTheWall({ rrule, start: '2026-01-01T00:00:00', zone: 'UTC' });
    return undefined;
  } catch (error) {
    return `not an RFC 5545 rule: ${error instanceof Error ? error.message : String(error)}`;
  }
}

type RuleOf = Pick<Recurrence, 'rrule' | 'start' | 'zone' | 'withStart'>;

const compact = (local: string): string => local.replaceAll(/[-:]/g, '').replace(/Z?$/, 'Z');

/** The end of a rule, as the wall shows it: given in UTC, in local time, or as a day that still counts. */
const untilOnTheWall = (rrule: string, zone: string): string =>
  rrule.replace(/(?<=;UNTIL=)(\d{8})(T\d{6})?(Z?)/, (_text, day: string, time: string | undefined, utc: string) => {
    if (time === undefined) return `${day}T235959Z`;
    if (utc === '') return `${day}${time}Z`;
    const wall = Temporal.Instant.from(`${day}${time}Z`).toZonedDateTimeISO(zone).toPlainDateTime();
    return compact(wall.toString({ smallestUnit: 'second' }));
  });

/**
 * The rule on a clock that knows no summer time, as if the wall showed UTC. What it tells is turned into instants by ourselves: given a zone,
 * rrule-temporal 2.2.8 is an hour off in a month in which clocks change (Casablanca, `FREQ=MONTHLY;BYDAY=1MO`, February 2029).
 */
const onTheWall = ({ rrule, start, zone, withStart = false }: RuleOf): RRuleTemporal =>
  new RRuleTemporal({
    rruleString: `DTSTART:${compact(start)}\nRRULE:${untilOnTheWall(rrule, zone)}`,
    temporal: Temporal,
    includeDtstart: withStart,
    maxIterations: MOST_REPETITIONS,
    strict: true,
  });

/** More than any wall is away from UTC, milliseconds. */
const FARTHEST_MS = 26 * 3_600_000;

/** Tells the beginnings of all repetitions in [fromMs, untilMs], epoch milliseconds. */
export function beginnings(recurrence: RuleOf): (fromMs: number, untilMs: number) => number[] {
  const rule = onTheWall(recurrence);
  return (fromMs, untilMs) =>
    rule
      .between(new Date(fromMs - FARTHEST_MS), new Date(untilMs + FARTHEST_MS), true)
      .map((wall) => instantOf(wall.toPlainDate(), wall.toPlainTime().toString(), recurrence.zone, 'compatible'))
      .filter((ms) => ms >= fromMs && ms <= untilMs);
}

/** A rule of RFC 5545 whose repetitions last equally long. */
export function recurring({ durationMs, name, ...rule }: Recurrence): Timetable {
  const begins = beginnings(rule);
  return {
    spans: (fromMs, untilMs) =>
      begins(fromMs - durationMs, untilMs)
        .map((begin): Span => ({ fromMs: begin, untilMs: begin + durationMs, name }))
        .filter((span) => overlaps(span, fromMs, untilMs)),
  };
}
