import { createHash } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { instantOf, type Span } from '../policy/times/span.ts';
import type { ReadySchedule } from './ready.ts';

/** The start of one window. */
export interface WindowStart {
  /** Epoch milliseconds, whole seconds. */
  atMs: number;
  /** What people call the window. */
  window: string;
  /** Why there is no start in this window; `atMs` is its beginning then. */
  missing?: string;
}

const MINUTE_MS = 60_000;

/** The date of an instant in a zone, `2026-11-27`. */
export const dateAt = (ms: number, zone: string): string => dayAt(ms, zone).toString();

/** The day of an instant in a zone. */
export const dayAt = (ms: number, zone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate();

/** A share from 0 to 1 that looks like chance, and is the same for everybody who asks. */
const shareOf = (seed: string): number => createHash('sha256').update(seed).digest().readUInt32BE() / 2 ** 32;

/** A whole number of minutes after the beginning. The last minute is left out: a start takes some seconds. */
function anywhere({ fromMs, untilMs }: Span, seed: string): number {
  const minutes = Math.max(1, Math.floor((untilMs - fromMs) / MINUTE_MS) - 1);
  return fromMs + Math.floor(shareOf(seed) * minutes) * MINUTE_MS;
}

/** The first time after the beginning that the clock on the wall shows this, if it is in the window. */
function byTheClock({ fromMs, untilMs }: Span, clock: string, zone: string): number | undefined {
  const first = dayAt(fromMs, zone);
  return [first, first.add({ days: 1 })].map((day) => instantOf(day, clock, zone, 'compatible')).find((ms) => ms >= fromMs && ms < untilMs);
}

/** The start of every window that falls in [fromMs, untilMs), by time; of two at the same instant the first. */
export function startsIn({ terms, windows }: ReadySchedule, fromMs: number, untilMs: number): WindowStart[] {
  const found = windows.flatMap((table, i) => {
    const zone = terms.windows[i]?.zone ?? 'UTC';
    return table.spans(fromMs, untilMs).map((span): WindowStart => {
      const { start, metadata } = terms;
      const window = span.name;
      if (start === 'begin') return { atMs: span.fromMs, window };
      if (start === 'random') return { atMs: anywhere(span, `${metadata.name}/${dateAt(span.fromMs, zone)}/${i}`), window };
      const atMs = byTheClock(span, start.at, zone);
      return atMs === undefined ? { atMs: span.fromMs, window, missing: `${start.at} is not in the window ${window}` } : { atMs, window };
    });
  });
  return found
    .filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)
    .sort((a, b) => a.atMs - b.atMs)
    .filter(({ atMs }, i, all) => all[i - 1]?.atMs !== atMs);
}
