import { containerOf, type ContainerIdentity } from '../../domain/kubernetes/identity.ts';
import type { Effect, Order, Reversal } from '../../domain/order.ts';
import type { Deed, FaultPorts, JournalIntent } from '../ports.ts';
import { entryOf, injected, notCarriedOut, skipped, undone } from '../process/order.ts';
import { IGNORED_BY_DEFAULT } from '../process/signals.ts';
import { awaitEffect, containerRefusal, expiry, notDone, refusalNow } from './last-checks.ts';
import { hasEnded, pinnedIn, send, stateOf, type Pinned } from './pinned.ts';
import { lookAt } from './pod-now.ts';

/** What a signal to processes of a container needs of its specification. */
export interface SignalSpec {
  signal: string;
  effectWithin: number;
}

/** Finds the processes that an order is for. @returns them, or why there are none to hit */
export type Choose = () => Promise<Pinned | string>;

/** Sends a signal to the processes that `choose` pins, once. A second attempt goes on with what the first had pinned, and never chooses again. */
export async function injectSignal(
  ports: FaultPorts,
  { signal: name }: SignalSpec,
  order: Order,
  choose: Choose,
  signal: AbortSignal,
): Promise<Deed> {
  const pin = containerOf(order.target);
  const { intent, deed, reversal } = await ports.journal.read(order.key);
  const chosen = intent || deed || reversal ? pinnedIn(intent?.before) : await choose();
  const before = typeof chosen === 'object' ? JSON.stringify(chosen) : 'nobody was chosen';
  return ports.journal.once(
    entryOf(order, name, before),
    async (earlier) => {
      if (typeof chosen === 'string') return notDone(chosen, earlier !== undefined);
      const pinned = earlier ? pinnedIn(earlier.before) : chosen;
      if (!pinned) return skipped('an earlier attempt was cut off before it had chosen anybody');
      const settled = earlier && (await afterCrash(ports, pin, pinned, earlier, signal));
      return settled ?? (await sendAll(ports, pin, pinned, name, order, earlier !== undefined, signal));
    },
    signal,
  );
}

async function sendAll(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  name: string,
  order: Order,
  isRepeat: boolean,
  signal: AbortSignal,
): Promise<Deed> {
  const why = await refusalNow(ports, order, () => containerRefusal(ports, order, signal), signal);
  if (why !== undefined) return notDone(why, isRepeat);
  const atMs = Date.now();
  const problems: string[] = [];
  let reached = 0;
  for (const victim of pinned.victims) {
    const late = expiry(order);
    if (late !== undefined) {
      problems.push(`process ${victim.name}: ${late}`);
      continue;
    }
    const sent = await send(ports, pin, pinned, victim, name, order, signal);
    if (sent.kind !== 'not') reached++;
    if (sent.kind !== 'sent') problems.push(`process ${victim.name}: ${sent.why}`);
  }
  const reason = problems.length === 0 ? undefined : problems.join('; ').slice(0, 500);
  if (reached === 0) return notDone(reason ?? 'nobody was chosen', isRepeat);
  return injected(atMs, reason === undefined ? undefined : `${reason}; what the cluster shows decides`);
}

/** What a first attempt did that died before it said so. Only SIGKILL is sent again: of any other signal nobody can tell whether it was delivered. */
async function afterCrash(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  { detail }: JournalIntent,
  signal: AbortSignal,
): Promise<Deed | undefined> {
  const seen = await endOf(ports, pin, pinned, true, signal);
  if (seen.proven) return injected(Date.now(), `an earlier attempt was cut off, and ${seen.evidence}`);
  return detail === 'SIGKILL'
    ? undefined
    : injected(Date.now(), `an earlier attempt was cut off and may have delivered ${detail}: it is not sent twice`);
}

/** Whether the processes have ended, by the cluster's word and by a second look inside. @param isInside processes count, not the container alone */
async function endOf(ports: FaultPorts, pin: ContainerIdentity, pinned: Pinned, isInside: boolean, signal: AbortSignal): Promise<Effect> {
  const now = await lookAt(ports, pin, signal);
  if (now.kind !== 'running') return { proven: true, evidence: now.evidence };
  if (!isInside) return { proven: false, evidence: now.evidence };
  const states = await Promise.all(pinned.victims.map((victim) => stateOf(ports, pin, pinned, victim, signal)));
  const evidence = pinned.victims.map(({ name }, i) => `process ${name}: ${states[i]}`).join(', ');
  return { proven: states.every(hasEnded), evidence };
}

/** A signal is not taken back: the order is closed, so that it does nothing when it arrives later. */
export const closeSignal = (ports: FaultPorts, { signal: name }: SignalSpec, order: Order, signal: AbortSignal): Promise<Reversal> =>
  ports.journal.undo(entryOf(order, name, 'unknown'), () => Promise.resolve(undone('a signal leaves nothing to undo')), signal);

/** Reads back whether they ended. Process 1 ends with its container, and only the cluster can say so. */
export async function signalEffect(
  ports: FaultPorts,
  { signal: name, effectWithin }: SignalSpec,
  order: Order,
  signal: AbortSignal,
): Promise<Effect> {
  const missing = await notCarriedOut(ports, order);
  if (missing) return missing;
  if (IGNORED_BY_DEFAULT.includes(name)) return { proven: false, evidence: `${name} has no effect that can be seen from outside` };
  const pinned = pinnedIn((await ports.journal.read(order.key)).intent?.before);
  if (!pinned) return { proven: false, evidence: 'the journal does not say which process was hit' };
  const isInside = pinned.victims.every(({ pid }) => pid !== 1);
  const seen = await awaitEffect(order, effectWithin, () => endOf(ports, containerOf(order.target), pinned, isInside, signal), signal);
  return seen.proven ? seen : { proven: false, evidence: `after ${name} the victim is not seen to have ended: ${seen.evidence}` };
}
