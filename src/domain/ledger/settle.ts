import { conflict, obstacleOf, type Obstacle, type Waiting } from './obstacle.ts';
import { reservedOf } from './budget.ts';
import type { Answer, Claim, Hold, LedgerState, Reply, Waiter } from './state.ts';

/** How long a holder or a waiter is believed to run without being asked about, milliseconds. */
export const CHECK_EVERY_MS = 60_000;
const SHOWN_BEHIND = 3;

/** A claim that is in the queue with what it waits for. */
interface Queued extends Waiting {
  claim: Waiter;
}

/** Epochs also rise over the loss of a ledger: its successor knows none, but the clock goes on. */
const nextEpoch = (state: LedgerState, nowMs: number): number => Math.max(state.epoch + 1, nowMs);

function grant(
  state: LedgerState,
  { holder, runId, scopes, wave, victims, coolDownMs, budget }: Claim,
  nowMs: number,
  checkAtMs: number,
): LedgerState {
  const known = state.holds.find((hold) => hold.holder === holder);
  const epoch = known?.runId === runId ? known.epoch : nextEpoch(state, nowMs);
  const hold: Hold = {
    holder,
    runId,
    scopes,
    epoch,
    sinceMs: known?.sinceMs ?? nowMs,
    checkAtMs,
    wave: {
      ...{ name: wave, victims, coolDownMs, sinceMs: nowMs },
      ...(budget && { budget: { ...budget, before: reservedOf(state, budget.slo, holder) } }),
    },
  };
  return {
    ...state,
    epoch: Math.max(state.epoch, epoch),
    holds: [...state.holds.filter((other) => other !== known), hold],
    queue: state.queue.filter((waiter) => waiter.holder !== holder),
  };
}

/** Grants whatever may be granted now, the oldest first. Nobody overtakes somebody older who wants the same. */
export function settle(
  state: LedgerState,
  nowMs: number,
  checkEveryMs: number,
): { state: LedgerState; waiting: Waiting[]; granted: Claim[] } {
  const waiting: Queued[] = [];
  const granted: Claim[] = [];
  let now = state;
  if (state.halt) return { state, waiting, granted };
  for (const claim of state.queue) {
    const obstacle: Obstacle | undefined = obstacleOf(now, claim, waiting, nowMs);
    if (obstacle) waiting.push({ claim, obstacle });
    else {
      now = grant(now, claim, nowMs, nowMs + checkEveryMs);
      granted.push(claim);
    }
  }
  return { state: now, waiting, granted };
}

/** What somebody in the queue is told. */
export function replyTo(claim: Claim, waiting: readonly Waiting[]): Reply {
  const rivals = waiting.filter((other) => other.claim.holder === claim.holder || conflict(other.claim, claim));
  const mine = waiting.find((other) => other.claim.holder === claim.holder);
  if (!mine) return { kind: 'refused', reason: 'it is not in the queue' };
  const { why, behind, untilMs } = mine.obstacle;
  return {
    kind: 'queued',
    position: rivals.indexOf(mine) + 1,
    of: rivals.length,
    why,
    behind: [...new Set(behind)].slice(0, SHOWN_BEHIND),
    ...(untilMs !== undefined && { untilMs }),
  };
}

/** The answers to those who were granted. */
export const grants = (state: LedgerState, granted: readonly Claim[]): Answer[] =>
  granted.flatMap((claim) => {
    const hold = state.holds.find((one) => one.holder === claim.holder);
    if (!hold) return [];
    const reserved = hold.wave?.budget?.before;
    return [answerTo(claim, { kind: 'granted', epoch: hold.epoch, ...(reserved !== undefined && { reserved }) })];
  });

/** A reply with the address of whoever asked. */
export const answerTo = ({ holder, runId, claimId, wave }: Claim, reply: Reply): Answer => ({
  holder,
  runId,
  ...(claimId !== undefined && { claimId }),
  wave,
  reply,
});

/** What somebody in the queue would be told now; undefined when it is not in it. */
export function placeIn(state: LedgerState, holder: string, nowMs: number): Reply | undefined {
  const { waiting } = settle(state, nowMs, CHECK_EVERY_MS);
  const mine = waiting.find(({ claim }) => claim.holder === holder);
  return mine && replyTo(mine.claim, waiting);
}
