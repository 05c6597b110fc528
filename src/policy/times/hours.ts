import type { Temporal } from 'temporal-polyfill';
import type { Window } from '../../domain/experiment/metadata.ts';
import { describeWindow } from '../../domain/window.ts';
import { daysAround, instantOf, overlaps, type Timetable } from './span.ts';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Hours of weekdays. Where clocks change, the shorter reading: what is doubtful is not in the window. */
export const hours = (window: Window): Timetable => ({
  spans: (fromMs, untilMs) =>
    daysAround(fromMs, untilMs, window.zone)
      .filter(({ dayOfWeek }) => window.days.includes(WEEKDAYS[dayOfWeek - 1] ?? 'mon'))
      .map((day) => spanOf(window, day))
      .filter((span) => span.fromMs < span.untilMs && overlaps(span, fromMs, untilMs)),
});

/** Ends that are equal to or before the beginning are on the next day, as in an experiment's own windows; equal ones open it never. */
function spanOf(window: Window, day: Temporal.PlainDate) {
  const { from, to, zone } = window;
  const lastDay = to < from ? day.add({ days: 1 }) : day;
  return {
    fromMs: instantOf(day, from, zone, 'later'),
    untilMs: instantOf(lastDay, to, zone, 'earlier'),
    name: describeWindow(window),
  };
}
