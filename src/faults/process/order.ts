import { setTimeout as sleep } from 'node:timers/promises';
import type { Effect, Order, Reversal } from '../../domain/order.ts';
import type { ProcessIdentity } from '../../domain/process.ts';
import type { Deed, FaultPorts, JournalEntry, ProcessCondition, SignalOutcome } from '../ports.ts';

/** How often a process is looked at while an effect is awaited, milliseconds. */
const LOOK_EVERY_MS = 25;

/** What the journal keeps of an order before the deed. A fence has a place beside that of the victims, who are counted there. */
export const entryOf = (order: Order, detail: string, before: string): JournalEntry => ({
  key: order.key,
  faultKind: order.fault.kind,
  targetId: order.target.id,
  place: { workflowId: order.workflowId, wave: order.isFence ? `${order.wave}: fence` : order.wave, iteration: order.iteration },
  epoch: order.epoch,
  victimsPlanned: order.victimsPlanned,
  detail,
  before,
  notAfterMs: order.notAfterMs,
  atMs: Date.now(),
});

export const injected = (atMs: number, reason?: string): Deed => ({ outcome: 'injected', atMs, ...(reason !== undefined && { reason }) });

export const skipped = (reason: string): Deed => ({ outcome: 'skipped', reason, atMs: Date.now() });

/** What an order did, from what became of its signal. Whatever did not reach the victim is a skip with its reason. */
export function deedOf(outcome: SignalOutcome): Deed {
  switch (outcome.kind) {
    case 'delivered':
      return injected(outcome.atMs);
    case 'gone':
      return skipped(`the victim was gone before it was hit: ${outcome.evidence}`);
    case 'replaced':
      return skipped(`the victim was replaced: ${outcome.evidence}`);
    case 'protected':
      return skipped(`the victim is protected: it ${outcome.why}`);
    case 'refused':
      return skipped(`the signal was refused: ${outcome.why}`);
    case 'expired':
      return skipped(outcome.evidence);
  }
}

/** Waits until the process is in one of these conditions, or the time is over; answers with the last one seen. */
export async function awaitCondition(
  ports: FaultPorts,
  victim: ProcessIdentity,
  wanted: readonly ProcessCondition['kind'][],
  withinMs: number,
  signal: AbortSignal,
): Promise<ProcessCondition> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const condition = await ports.processes.inspect(victim);
    if (wanted.includes(condition.kind) || condition.kind === 'elsewhere' || Date.now() >= untilMs) return condition;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Undefined when this order has hit its victim by the journal; else why nothing is proven, however the victim looks now. */
export async function notCarriedOut(ports: FaultPorts, order: Order): Promise<Effect | undefined> {
  const { deed } = await ports.journal.read(order.key);
  if (deed?.outcome === 'injected') return undefined;
  return { proven: false, evidence: deed?.reason ?? 'this order was not carried out by this machine' };
}

export const undone = (evidence: string): Reversal => ({ undone: true, evidence });

export const leftOver = (evidence: string): Reversal => ({ undone: false, evidence });

/** What is left, and stays so until a person has looked: what is there now is somebody else's doing. */
export const leftForGood = (evidence: string): Reversal => ({ ...leftOver(evidence), isFinal: true });
