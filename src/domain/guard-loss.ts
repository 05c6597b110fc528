import type { GuardRules, GuardState } from './guard.ts';
import type { Breach } from './stop-conditions.ts';

/** What a run knows of its guard's sight, by its own clock: epoch milliseconds. */
export interface Trust {
  /** Nothing later than this is known to have been seen. */
  blindSinceMs: number;
  /** The oldest of the newest values, by the guard's clock, as its newest checkpoint had it. */
  seenMs?: number;
}

/**
 * What is known after a guard was lost. Only a checkpoint that tells of newer sight than the one before prolongs the trust, and never
 * beyond the last sign of life, so that neither a guard that dies again and again nor one whose clock is ahead buys time.
 * @param saved    the lost guard's newest checkpoint
 * @param aliveMs  when it gave its last sign of life at the latest, by the run's clock
 */
export function trustAfterLoss(before: Trust, saved: Pick<GuardState, 'lastValueMs'> | undefined, aliveMs: number): Trust {
  const seen = Object.values(saved?.lastValueMs ?? {});
  const seenMs = seen.length === 0 ? undefined : Math.min(...seen);
  if (seenMs === undefined || !(seenMs > (before.seenMs ?? -Infinity))) return before;
  return { seenMs, blindSinceMs: Math.min(seenMs, aliveMs) };
}

/** How long another guard may take until it looks, whole milliseconds; 0 or less: the run has been blind for too long. */
export const timeToLook = ({ blindSinceMs }: Trust, { maxBlindMs }: Pick<GuardRules, 'maxBlindMs'>, nowMs: number): number =>
  Math.floor(blindSinceMs + maxBlindMs - nowMs);

/** The loss of a guard as a breach. @param why how it was lost, in words */
export const lossOf = (why: string, { blindSinceMs }: Trust, { maxBlindMs }: Pick<GuardRules, 'maxBlindMs'>, nowMs: number): Breach => ({
  probe: 'guard',
  rule: `the guard was lost: ${why}; nothing was seen for ${((nowMs - blindSinceMs) / 1_000).toFixed(1)} s (maxBlind ${maxBlindMs / 1_000} s)`,
  value: null,
  limit: null,
  atMs: nowMs,
  blind: true,
});
