import type { ContainerIdentity } from '../../domain/kubernetes/identity.ts';
import type { Order } from '../../domain/order.ts';
import type { FaultPorts } from '../ports.ts';
import { runInside } from './in-container.ts';
import { markOf } from './mark.ts';
import { hasEnded, send, sentBy, type Pinned, type PinnedProcess, type Sent } from './pinned.ts';
import { scan, type InsideProcess } from './scan.ts';
import { PAUSE, REARM, WATCHDOG, WATCHDOG_NAME } from './scripts.ts';

/** Hundredths of a second, as the kernel counts the time since boot. */
const leaseOf = ({ leaseMs }: Order): number => Math.floor(leaseMs / 10);

/** Starts the watchdog, and then stops the process: in one program, so that nothing can come between. */
export async function pause(ports: FaultPorts, pin: ContainerIdentity, pinned: Pinned, order: Order, signal: AbortSignal): Promise<Sent> {
  const victim = onlyOne(pinned);
  const endS = Math.ceil(order.notAfterMs / 1_000);
  const parameters = [victim.pid, victim.start, pinned.bootId, endS, leaseOf(order), markOf(order), WATCHDOG];
  return sentBy(await runInside(ports, pin, PAUSE, parameters, signal));
}

/** An order pauses one process. */
export function onlyOne({ victims }: Pinned): PinnedProcess {
  const [victim] = victims;
  if (!victim || victims.length !== 1) throw new Error(`a pause is for one process, not ${victims.length}`);
  return victim;
}

/** How a paused process and its watchdogs are. `state`: a letter as in proc(5), or `ended`. */
export interface Watched {
  state: string;
  watchdogs: InsideProcess[];
}

/** Looks at both. @throws Error when nobody knows */
export async function lookAtPaused(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  order: Order,
  signal: AbortSignal,
): Promise<Watched> {
  const seen = await scan(ports, pin, signal);
  if (seen.kind !== 'seen') throw new Error(`container ${pin.container} of pod ${pin.pod} cannot be looked into: ${seen.why}`);
  const { pid, start } = onlyOne(pinned);
  const victim = seen.processes.find((process) => process.pid === pid && process.start === start);
  const isHere = seen.bootId === pinned.bootId;
  const watchdogs = seen.ours.filter(
    ({ argv, state }) => argv[2] === WATCHDOG && argv[3] === WATCHDOG_NAME && argv[8] === markOf(order) && state !== 'Z' && state !== 'X',
  );
  return { state: victim && isHere ? victim.state : 'ended', watchdogs };
}

/** Signals to each watchdog. @returns why one could not be reached */
export async function tellWatchdogs(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  watchdogs: readonly InsideProcess[],
  name: 'USR1' | 'TERM',
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const watchdog of watchdogs) {
    const sent = await send(ports, pin, pinned, watchdog, name, undefined, signal);
    if (sent.kind !== 'sent') return sent.why;
  }
  return undefined;
}

/** Begins the lease of a paused process anew. @returns why there is nothing left to prolong. @throws Error when nobody knows */
export async function prolong(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  order: Order,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { state, watchdogs } = await lookAtPaused(ports, pin, pinned, order, signal);
  if (hasEnded(state)) return 'the paused process has ended';
  if (state !== 'T') return 'the paused process runs again';
  if (watchdogs.length === 0) return rearm(ports, pin, pinned, order, signal);
  const why = await tellWatchdogs(ports, pin, pinned, watchdogs, 'USR1', signal);
  if (why !== undefined) throw new Error(`the watchdog of the paused process was not reached: ${why}`);
  return undefined;
}

/** Somebody has ended the watchdog: the process gets another. */
async function rearm(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  order: Order,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { pid, start } = onlyOne(pinned);
  const parameters = [pid, start, pinned.bootId, leaseOf(order), markOf(order), WATCHDOG];
  const ran = await runInside(ports, pin, REARM, parameters, signal);
  if (ran.kind !== 'ran') throw new Error(`no watchdog could be started: ${ran.why}`);
  const word = ran.stdout.trim();
  if (word === 'armed') return undefined;
  if (word === 'unarmed') throw new Error(`no watchdog could be started ${ran.stderr}`);
  return `the paused process is not stopped any more: ${word}`;
}
