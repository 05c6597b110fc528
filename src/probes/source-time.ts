import type { ClockOffset, Provenance } from '../domain/sight.ts';
import type { HttpAnswer, SqlResult } from './ports.ts';

/** Above it a number counts milliseconds: as seconds it would lie in the year 5138. */
const MOST_SECONDS = 1e11;

/**
 * Reads a point in time as sources write it: epoch seconds or milliseconds (told apart by their size), or ISO 8601 with its zone.
 * @returns epoch milliseconds; undefined when it is none, such as a time without a zone
 */
export function parseTime(written: unknown): number | undefined {
  if (typeof written === 'number') {
    const ms = written > MOST_SECONDS ? written : written * 1_000;
    return Number.isFinite(ms) && ms > 0 ? ms : undefined;
  }
  if (typeof written !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$/i.test(written)) return undefined;
  const ms = Date.parse(written);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Seconds that the answer has lain in a cache; 0 when none says so. */
const cachedSeconds = (headers: HttpAnswer['headers']): number => (/^\d{1,9}$/.test(headers['age'] ?? '') ? Number(headers['age']) : 0);

/**
 * What an HTTP answer tells of its origin: the server's clock by `Date` (whole seconds, cut off; written between sending the request and
 * the last byte), and by `Age` for how long a cache has kept it. A cache leaves `Date` as it was, so the age is added.
 * @see RFC 9110, 6.6.1 and RFC 9111, 5.1
 */
export function provenanceOf(url: string, { headers, sentMs, elapsedMs }: HttpAnswer): Provenance {
  const ageMs = cachedSeconds(headers) * 1_000;
  const sourceTime = ageMs > 0 ? { sourceAtMs: sentMs - ageMs } : {};
  const dateMs = Date.parse(headers['date'] ?? '') + ageMs;
  if (Number.isNaN(dateMs)) return sourceTime;
  const clock: ClockOffset = { whose: new URL(url).host, fromMs: dateMs - (sentMs + elapsedMs), toMs: dateMs + 1_000 - sentMs };
  return { ...sourceTime, clock };
}

/** The clock of a database. Its address may be secret, so it is not named. */
export const databaseClock = ({ clock }: SqlResult): Provenance =>
  clock ? { clock: { whose: 'the database', fromMs: clock.theirsMs - clock.afterMs, toMs: clock.theirsMs - clock.beforeMs } } : {};

/** The oldest of some times; undefined when there is none. */
export const oldest = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};

/** What is known of a value made from two answers: the older time, the clock that is farther off. */
export function both(one: Provenance, other: Provenance): Provenance {
  const sourceAtMs = oldest([one.sourceAtMs, other.sourceAtMs]);
  const usualAgeMs = oldest([one.usualAgeMs, other.usualAgeMs]);
  const [a, b] = [one.clock, other.clock];
  const clock = a && b ? (distance(a) >= distance(b) ? a : b) : (a ?? b);
  return { ...(sourceAtMs !== undefined && { sourceAtMs }), ...(usualAgeMs !== undefined && { usualAgeMs }), ...(clock && { clock }) };
}

const distance = ({ fromMs, toMs }: ClockOffset): number => Math.abs(fromMs + toMs) / 2;
