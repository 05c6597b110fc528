import type { AuditFact, RecordedPostMortem, RecordedSample, RunClose, RunEvent } from './ports.ts';
import { refused } from './errors.ts';

/** PostgreSQL's text and jsonb can hold neither NUL nor half a surrogate pair; names of processes can. */
export const storableText = (text: string): string => text.replace(/\0|\p{Surrogate}/gu, '\uFFFD');

/** @throws RecordsError when it is not a point in time */
export function storableTime(atMs: number, place: string): number {
  if (!Number.isFinite(atMs) || Math.abs(atMs) > 8.64e15) throw refused(`${place}: ${atMs} is no time; expected epoch milliseconds`);
  return Math.round(atMs);
}

/**
 * A copy that survives jsonb unchanged. `undefined` fields are left out, as JSON does.
 * @throws RecordsError for what JSON would silently turn into something else: NaN, infinities, functions, big integers
 */
export function storableJson<T>(value: T, place: string): T {
  return copy(value, place, 0) as T;
}

function copy(value: unknown, place: string, depth: number): unknown {
  if (depth > 100) throw refused(`${place}: nested deeper than 100 levels`);
  if (typeof value === 'string') return storableText(value);
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(`${place}: ${value} is not a number that can be stored; say why there is none instead`);
    return value;
  }
  if (Array.isArray(value)) return value.map((item, i) => copy(item ?? null, `${place}[${i}]`, depth + 1));
  if (typeof value === 'object') {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([key, field]) => [storableText(key), copy(field, `${place}.${key}`, depth + 1)]));
  }
  throw refused(`${place}: a ${typeof value} can't be stored; expected JSON`);
}

/** @throws RecordsError naming the probe when its value is not finite */
export function storableSample({ probe, atMs, wave, iteration, phase, measurement }: RecordedSample): RecordedSample {
  const place = `sample of ${probe} at ${atMs}`;
  return {
    probe: storableText(probe),
    atMs: storableTime(atMs, place),
    wave: storableText(wave),
    iteration,
    phase,
    measurement: storableJson(measurement, place),
  };
}

/** @throws RecordsError naming the event and the field */
export function storableEvent({ key, atMs, kind, wave, iteration, data }: RunEvent): RunEvent {
  const place = `event ${kind} (${key})`;
  return {
    key: storableText(key),
    atMs: storableTime(atMs, place),
    kind: storableText(kind),
    ...(wave === undefined ? {} : { wave: storableText(wave) }),
    ...(iteration === undefined ? {} : { iteration }),
    data: storableJson(data, place),
  };
}

export const storableClose = ({ verdict, reason, result, closedAtMs }: RunClose): RunClose => ({
  verdict,
  reason: storableText(reason),
  result: storableJson(result, 'result'),
  closedAtMs: storableTime(closedAtMs, 'closedAtMs'),
});

/** @throws RecordsError when its time is none, or more is completed than there is */
export function storablePostMortem(given: RecordedPostMortem): RecordedPostMortem {
  const { completed, fields, atMs } = given;
  if (!(completed >= 0 && completed <= fields && fields > 0)) throw refused(`post-mortem: ${completed} of ${fields} fields is no count`);
  return { ...storableJson(given, 'post-mortem'), atMs: storableTime(atMs, 'post-mortem') };
}

/** @throws RecordsError naming the entry and the field */
export const storableFact = (given: AuditFact): AuditFact => {
  const place = `audit entry ${given.key}`;
  return { ...storableJson(given, place), atMs: storableTime(given.atMs, place) };
};

/** @throws RecordsError unless 1 ≤ limit ≤ 1000 */
export function storableLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw refused(`limit ${limit}: expected a whole number from 1 to 1000`);
  return limit;
}
