import { ActivityFailure, ApplicationFailure, isCancellation, sleep, TimeoutFailure } from '@temporalio/workflow';
import type { GUARD_LEAVES, GuardCheckpoint, GuardInput, GuardOutcome } from '../activities/guard.ts';
import { deadAfterMs } from '../domain/liveness.ts';
import { lossOf, timeToLook, trustAfterLoss, type Trust } from '../domain/guard-loss.ts';
import { reasonOf, timedOut } from './failure.ts';
import { isPatched } from './patches.ts';
import { guarding } from './proxies.ts';

/** A run whose guards die this often has a site that cannot watch. */
const MOST_LOSSES = 20;
/** Rest before the next guard when the last one failed with an error; a dead one has cost time enough. */
const restMs = (losses: number): number => Math.min(200 * 1.5 ** losses, 2_000);

/** What a lost guard left behind: in its last heartbeat, or in the error of a worker that was asked to leave. */
function savedBy(failure: unknown): GuardCheckpoint | undefined {
  const cause = failure instanceof ActivityFailure ? failure.cause : undefined;
  if (cause instanceof TimeoutFailure) return cause.lastHeartbeatDetails as GuardCheckpoint | undefined;
  return cause instanceof ApplicationFailure ? (cause.details?.[0] as GuardCheckpoint | undefined) : undefined;
}

/** Without the readings for people. */
const keptOf = ({ state, endMs, hasBegun, motions }: GuardCheckpoint): GuardCheckpoint => ({
  ...{ state, endMs },
  ...(hasBegun && { hasBegun }),
  ...(motions && { motions }),
});

/** A guard that leaves forbids the server to retry it, not the run. */
const isFinal = (failure: unknown): boolean =>
  failure instanceof ActivityFailure &&
  failure.cause instanceof ApplicationFailure &&
  failure.cause.nonRetryable === true &&
  failure.cause.type !== ('GuardLeaves' satisfies typeof GUARD_LEAVES);

/**
 * One guard after another, until one has an outcome. Each goes on from the checkpoint of the one before. Here, not by retries of the
 * server, because only the run can hold them all to one measure: it is never without sight for longer than `maxBlind` and the time in
 * which a death is noticed. Costs history per loss, not per second.
 * @throws CancelledFailure when the run is aborted
 */
export async function watchOver(site: string, input: GuardInput, summary: string): Promise<GuardOutcome> {
  const { rules, holdMs } = input;
  const { maxBlindMs } = rules;
  const forMs = maxBlindMs + holdMs;
  let trust: Trust = { blindSinceMs: Date.now() };
  let saved: GuardCheckpoint | undefined;
  let guard = guarding(site, forMs, summary, maxBlindMs);
  for (let losses = 0; ; losses++) {
    try {
      return await guard.guardWave(losses === 0 ? input : { ...input, blindSinceMs: trust.blindSinceMs, ...(saved && { resume: saved }) });
    } catch (cause) {
      if (isCancellation(cause)) throw cause;
      const left = savedBy(cause);
      if (left?.state) saved = keptOf(left);
      trust = trustAfterLoss(trust, left?.state, Date.now() - (timedOut(cause) ? deadAfterMs(maxBlindMs) : 0));
      const lost = (): GuardOutcome => ({
        kind: 'breached',
        breach: lossOf(reasonOf(cause), trust, rules, Date.now()),
        endedMs: Date.now(),
        summaries: saved?.state.summaries ?? {},
        violations: saved?.state.violations ?? [],
      });
      if (!isPatched('guard-loss-is-bounded') || isFinal(cause) || losses >= MOST_LOSSES) return lost();
      const rest = timedOut(cause) ? 0 : restMs(losses);
      if (rest > 0 && timeToLook(trust, rules, Date.now()) > rest) await sleep(rest, { summary: 'the guard failed: another looks' });
      const startsWithinMs = timeToLook(trust, rules, Date.now()); // after the rest, which may have been longer than asked for
      if (startsWithinMs <= rest) return lost();
      guard = guarding(site, forMs, `${summary}, after ${losses + 1} lost`, maxBlindMs, startsWithinMs);
    }
  }
}
