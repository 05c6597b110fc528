import { setTimeout as sleep } from 'node:timers/promises';
import { containerOf } from '../../domain/kubernetes/identity.ts';
import { KubernetesError } from '../../domain/kubernetes/port.ts';
import type { Effect, Order } from '../../domain/order.ts';
import type { Deed, FaultPorts } from '../ports.ts';
import { injected, skipped } from '../process/order.ts';
import { protectionNow } from './opt-in.ts';
import { lookAt } from './pod-now.ts';

/** How often the cluster is looked at while an effect is awaited, milliseconds. */
const LOOK_EVERY_MS = 250;
/** What is left of an order's time for its answer, milliseconds. */
const ANSWER_MS = 500;

/** Why a pinned container must not be hit now: it is not the one, or it is protected. */
export async function containerRefusal(ports: FaultPorts, order: Order, signal: AbortSignal): Promise<string | undefined> {
  const pin = containerOf(order.target);
  const now = await lookAt(ports, pin, signal);
  if (now.kind !== 'running') return `the victim is not there any more: ${now.evidence}`;
  if (now.pod.metadata.deletionTimestamp !== undefined)
    return `the victim is being deleted already, and not by this order: since ${now.pod.metadata.deletionTimestamp}`;
  const why = await protectionNow(ports, `pod ${pin.pod}`, now.pod.metadata, signal);
  return why === undefined ? undefined : `the victim is protected: it ${why}`;
}

/**
 * Why the deed must not be done, asked immediately before it: the live object first, the survivor floor last, and the order's end after that,
 * because the floor may have waited for its turn. A cluster that does not answer refuses.
 */
export async function refusalNow(
  ports: FaultPorts,
  order: Order,
  refusal: () => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const why = (await orUnknown(refusal, signal)) ?? expiry(order);
  if (why !== undefined) return why;
  const needed = await ports.floor.refusal(order, signal);
  if (needed !== undefined) return `the victim ${needed}`;
  signal.throwIfAborted();
  return expiry(order);
}

/** What an order is that was refused. A cut-off attempt's request may still be on its way: "skipped" would say that it is not. */
export const notDone = (why: string, isRepeat: boolean): Deed =>
  isRepeat ? injected(Date.now(), `an earlier attempt was cut off and may have acted; not repeated: ${why}`) : skipped(why);

/** What cannot be asked is refused with the reason: nothing was done yet. */
export async function orUnknown(refusal: () => Promise<string | undefined>, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await refusal();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KubernetesError) return `the victim cannot be checked: ${error.message}`;
    throw error;
  }
}

export const expiry = ({ notAfterMs }: Order): string | undefined => {
  const lateMs = Date.now() - notAfterMs;
  return lateMs > 0 ? `the order expired ${lateMs} ms ago` : undefined;
};

/**
 * Looks until the effect is proven or the time is over, once at least, and no longer than the order lives: whoever gave it waits no longer.
 * A cluster that does not answer proves nothing.
 */
export async function awaitEffect(order: Order, withinMs: number, look: () => Promise<Effect>, signal: AbortSignal): Promise<Effect> {
  const untilMs = Math.min(Date.now() + withinMs, order.notAfterMs - ANSWER_MS);
  for (;;) {
    const effect = await look().catch((error: unknown): Effect => {
      signal.throwIfAborted();
      if (error instanceof KubernetesError) return { proven: false, evidence: `unknown: ${error.message}` };
      throw error;
    });
    if (effect.proven || Date.now() >= untilMs) return effect;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}
