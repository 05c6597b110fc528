/** Kinds of task queues, as Temporal numbers them. */
export const QUEUE_KINDS = { workflow: 1, activity: 2 } as const;
export type QueueKind = keyof typeof QUEUE_KINDS;

/** A live worker polls at least once a minute; Temporal forgets one five minutes after its last poll. Ten seconds for the way and for clocks. */
const LIVE_WITHIN_MS = 70_000;

/** A worker as Temporal's task queue description shows it. */
export interface Poller {
  lastAccessTime?: { seconds?: { toString(): string } | number | null } | null;
}

/** How many of a task queue's pollers are alive. @param nowMs the server's clock, as far as it is known */
export const countLive = (pollers: readonly Poller[], nowMs: number): number =>
  pollers.filter(({ lastAccessTime }) => nowMs - Number(lastAccessTime?.seconds ?? 0) * 1_000 < LIVE_WITHIN_MS).length;
