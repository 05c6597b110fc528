import type { Measurement } from './sample.ts';

/** A source's clock against ours, as far as one answer tells: theirs − ours lies between the two, milliseconds. */
export interface ClockOffset {
  /** Whose clock: `127.0.0.1:9090`, `the database`. */
  whose: string;
  fromMs: number;
  toMs: number;
}

/** What a source said besides its answer. What it did not say is absent. */
export interface Provenance {
  /** When the value was observed, epoch milliseconds of the source's clock. */
  sourceAtMs?: number;
  /** How old the source's values may be when the experiment says nothing, milliseconds. */
  usualAgeMs?: number;
  clock?: ClockOffset;
  /** What moves under load: the counter beneath a rate. Absent: the value itself. */
  raw?: number;
}

/** An answer with what is known of its origin. */
export type Reading = Measurement & Provenance;

/** What a reading must fulfil to count as sight. Milliseconds. */
export interface SightRules {
  maxSkewMs: number;
  /** Written in the experiment: then a value whose time is not known is no data. */
  maxAgeMs?: number | undefined;
  /** Holds for values with a time when nothing else is said. */
  defaultMaxAgeMs: number;
  mustMoveWithinMs?: number | undefined;
}

/** Where a signal that must move stood, and since when: small and JSON, because a guard's next attempt goes on from it. */
export interface Motion {
  raw: number;
  sinceMs: number;
  /** Whether it was ever seen to move. Until then it proves nothing. */
  moved: boolean;
}

/** The moment of a reading: `wallMs` is comparable with other clocks, `steadyMs` is for durations, because nobody sets it. */
export interface Moment {
  wallMs: number;
  steadyMs: number;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const limit = (ms: number): string => `${Number((ms / 1_000).toFixed(3))} s`;

/** How far the source's clock is from ours for certain, with its sign: 0 when they may be the same. */
export const certainSkew = ({ fromMs, toMs }: ClockOffset): number => (fromMs > 0 ? fromMs : Math.min(0, toMs));

function findSkew({ clock }: Provenance, { maxSkewMs }: SightRules): string | undefined {
  if (!clock || Math.abs(certainSkew(clock)) <= maxSkewMs) return undefined;
  const aheadMs = (clock.fromMs + clock.toMs) / 2;
  return (
    `the clock of ${clock.whose} is ${seconds(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} this worker's ` +
    `(maxSkew ${limit(maxSkewMs)}): synchronise both (NTP)`
  );
}

/** The age is reckoned by the source's own clock where that is known: a skew that is borne must not make values younger or older. */
function findAge({ sourceAtMs, usualAgeMs, clock }: Provenance, rules: SightRules, wallMs: number): string | undefined {
  const maxAgeMs = rules.maxAgeMs ?? usualAgeMs ?? rules.defaultMaxAgeMs;
  if (sourceAtMs === undefined)
    return rules.maxAgeMs === undefined
      ? undefined
      : `the source tells no time, so the value's age is not known (maxAge ${limit(maxAgeMs)})`;
  const ageMs = wallMs + (clock ? certainSkew(clock) : 0) - sourceAtMs;
  if (ageMs > maxAgeMs) return `the value is ${seconds(ageMs)} old (maxAge ${limit(maxAgeMs)})`;
  if (ageMs < -rules.maxSkewMs) return `the value is dated ${seconds(-ageMs)} in the future (maxSkew ${limit(rules.maxSkewMs)})`;
  return Number.isNaN(ageMs) ? 'the time of the value is not a time' : undefined;
}

/** Follows what must move. An answer that says nothing of it changes nothing. */
function follow(motion: Motion | undefined, reading: Reading, nowMs: number): Motion | undefined {
  const raw = reading.raw ?? (reading.kind === 'value' ? reading.value : undefined);
  if (raw === undefined || motion?.raw === raw) return motion;
  return { raw, sinceMs: nowMs, moved: motion !== undefined };
}

function findStandstill(motion: Motion | undefined, nowMs: number, withinMs: number): string | undefined {
  if (!motion) return 'it has not been seen to move yet';
  const stillMs = nowMs - motion.sinceMs;
  if (!motion.moved) return `it has not been seen to move yet, for ${seconds(stillMs)} (mustMoveWithin ${limit(withinMs)})`;
  return stillMs > withinMs ? `frozen: ${motion.raw} has not moved for ${seconds(stillMs)} (mustMoveWithin ${limit(withinMs)})` : undefined;
}

/**
 * Decides whether a reading is sight. What was read by a wrong clock is an error; what is too old, dated in the future, or has stopped
 * to move is no data: neither is ever a value, so it feeds no streak, heals none, and counts as no coverage.
 * @param motion what the call before returned; undefined in the beginning
 */
export function judge(
  reading: Reading,
  rules: SightRules,
  { wallMs, steadyMs }: Moment,
  motion?: Motion,
): { measurement: Measurement; motion?: Motion } {
  const answer = (measurement: Measurement, moved = motion) => ({ measurement, ...(moved && { motion: moved }) });
  if (reading.kind === 'error') return answer({ kind: 'error', reason: reading.reason });
  const skew = findSkew(reading, rules);
  if (skew !== undefined) return answer({ kind: 'error', reason: skew });
  const old = reading.kind === 'value' ? findAge(reading, rules, wallMs) : undefined;
  if (old !== undefined) return answer({ kind: 'no-data', reason: old });
  const { mustMoveWithinMs } = rules;
  const moved = mustMoveWithinMs === undefined ? motion : follow(motion, reading, steadyMs);
  if (reading.kind === 'no-data') return answer({ kind: 'no-data', reason: reading.reason }, moved);
  const still = mustMoveWithinMs === undefined ? undefined : findStandstill(moved, steadyMs, mustMoveWithinMs);
  return answer(still === undefined ? { kind: 'value', value: reading.value } : { kind: 'no-data', reason: still }, moved);
}
