import { placeOfName } from '../adapters/leases/names.ts';
import { untilMs, type UndoRecord } from '../adapters/leases/records.ts';

/** A record that the reaper has taken charge of. Times are of the monotonic clock, milliseconds: setting the wall clock moves no deadline. */
export interface Charge {
  name: string;
  record: UndoRecord;
  /** When the lease began, epoch milliseconds. */
  sinceMs: number;
  /** The renewal that the deadline stands for, as the file says it. */
  renewedMs: number;
  deadline: number;
  tries: number;
  nextTry: number;
  isBusy: boolean;
}

/** A fence is kept while a victim of its iteration was tried less often than this, which is for some seconds: one that cannot be undone must not keep it for ever. */
const FENCE_WAITS_FOR_TRIES = 5;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;

/**
 * When a lease runs out on the monotonic clock. A renewal is worth at most one lease from when it was seen, whatever the wall clock says;
 * one that was over when it was first seen is over.
 */
export function deadlineOf(
  { record, sinceMs, renewedMs }: Pick<Charge, 'record' | 'sinceMs' | 'renewedMs'>,
  nowMs: number,
  monotonicMs: number,
): number {
  return monotonicMs + Math.min(untilMs(record, sinceMs, renewedMs) - nowMs, record.order.leaseMs);
}

/** How long to wait after an undo that failed for the n-th time, n ≥ 1. */
export const retryAfterMs = (tries: number): number => Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 20), LONGEST_RETRY_MS);

/** When this one is to be looked at next. */
export const nextLook = ({ deadline, nextTry, isBusy }: Charge): number => (isBusy ? Infinity : Math.max(deadline, nextTry));

/**
 * Whether a fence is still to wait for the victims of its iteration, whose damage it keeps small.
 * @param isHurried then each is tried once
 */
export const mustWait = ({ name, record }: Charge, all: Iterable<Charge>, isHurried: boolean): boolean =>
  record.order.isFence === true &&
  [...all].some(
    (other) =>
      other.record.order.isFence !== true &&
      placeOfName(other.name) === placeOfName(name) &&
      other.tries < (isHurried ? 1 : FENCE_WAITS_FOR_TRIES),
  );
