import * as z from 'zod';
import type { ContainerIdentity } from '../../domain/kubernetes/identity.ts';
import type { Order } from '../../domain/order.ts';
import type { FaultPorts } from '../ports.ts';
import { runInside, type Inside } from './in-container.ts';
import { LOOK, SEND } from './scripts.ts';

/** Processes of a container as an order pinned them: in the journal before the deed, so that a second attempt hits nobody else. */
export const Pinned = z.strictObject({
  bootId: z.string(),
  /** The container from which they are reached: their own, or a debug container beside it. */
  via: z.string(),
  victims: z.array(z.strictObject({ pid: z.int(), start: z.string(), name: z.string(), state: z.string() })),
});
export type Pinned = z.infer<typeof Pinned>;
export type PinnedProcess = Pinned['victims'][number];

/** What a journal's `before` says of an order that chose somebody. */
export function pinnedIn(before: string | undefined): Pinned | undefined {
  if (before?.startsWith('{') !== true) return undefined;
  const parsed = Pinned.safeParse(JSON.parse(before));
  return parsed.success ? parsed.data : undefined;
}

const insideOf = ({ namespace, pod }: ContainerIdentity, { via }: Pinned): Inside => ({ namespace, pod, container: via });

/** What became of a signal to one process. `unknown`: it may have been delivered. */
export type Sent = { kind: 'sent' } | { kind: 'unknown' | 'not'; why: string };

const WORDS: Record<string, string> = {
  ended: 'the process was gone before it was hit',
  Z: 'the process had ended before it was hit',
  X: 'the process had ended before it was hit',
  replaced: 'another process has the pid now',
  elsewhere: 'the container is on another boot of its node now',
  expired: 'the order expired, by the clock of the node',
  refused: 'the kernel refused the signal: the container’s user may not send it',
  unarmed: 'no watchdog could be started in the container, so nothing was stopped',
  T: 'the process was stopped already, and not by this order',
  t: 'the process is being traced, and was not touched',
};

/** What a script's answer says. */
export function sentBy(ran: Awaited<ReturnType<typeof runInside>>): Sent {
  if (ran.kind === 'lost') return { kind: 'unknown', why: ran.why };
  if (ran.kind !== 'ran') return { kind: 'not', why: ran.why };
  const word = ran.stdout.trim();
  if (word === 'sent') return { kind: 'sent' };
  const why = WORDS[word];
  return why === undefined
    ? { kind: 'unknown', why: `the container answered '${word.slice(0, 80)}' ${ran.stderr}` }
    : { kind: 'not', why: `${why} ${ran.stderr}`.trim() };
}

/** Sends a signal to this very process. @param order absent: it never expires, as the undo of a pause */
export async function send(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  { pid, start }: Pick<PinnedProcess, 'pid' | 'start'>,
  name: string,
  order: Order | undefined,
  signal: AbortSignal,
): Promise<Sent> {
  const endS = order ? Math.ceil(order.notAfterMs / 1_000) : 0;
  const parameters = [pid, start, pinned.bootId, endS, name.replace(/^SIG/, '')];
  return sentBy(await runInside(ports, insideOf(pin, pinned), SEND, parameters, signal));
}

/** How a pinned process is now: a letter as in proc(5), `ended`, `replaced`, `elsewhere`, or `unknown: …`. */
export async function stateOf(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  { pid, start }: PinnedProcess,
  signal: AbortSignal,
): Promise<string> {
  const ran = await runInside(ports, insideOf(pin, pinned), LOOK, [pid, start, pinned.bootId], signal);
  return ran.kind === 'ran' && /^(ended|replaced|elsewhere|[A-Za-z])$/.test(ran.stdout.trim())
    ? ran.stdout.trim()
    : `unknown: ${ran.kind === 'ran' ? ran.stdout.trim().slice(0, 80) : ran.why}`;
}

export const hasEnded = (state: string): boolean => ['ended', 'replaced', 'elsewhere', 'Z', 'X'].includes(state);
