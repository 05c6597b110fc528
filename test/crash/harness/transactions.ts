import type { HistoryEvent } from './history.ts';

/**
 * When a component dies: `delayMs` after a transaction of the history. Its events were written together, so that a death after each of them is the
 * same death: no state of the run lies between.
 */
export interface Moment {
  /** First and last event of the transaction. */
  first: number;
  id: number;
  /** The events' labels, first and last. */
  label: string;
  /** 0: at once, which is a durable state of the run. More: in the middle of what it began. */
  delayMs: number;
}

/** A pause between two transactions that is at least so long is entered, too: at these shares of it. */
const ENTERED: readonly [pauseMs: number, shares: readonly number[]][] = [
  [400, [0.25, 0.5, 0.75]],
  [40, [0.5]],
];

/**
 * @param events of the undisturbed run
 * @param transactions ids of the events of each, in order
 * @returns for each transaction the moment at which it is written, and those in the pause after it when that is long enough to be met
 */
export function momentsOf(events: readonly HistoryEvent[], transactions: readonly (readonly number[])[]): Moment[] {
  const known = new Map(events.map((event) => [event.id, event]));
  const written = (ids: readonly number[]): number => Math.max(...ids.map((id) => known.get(id)?.atMs ?? 0));
  return transactions.flatMap((ids, i) => {
    const [first, id] = [ids[0], ids.at(-1)] as [number, number];
    const labels = [...new Set([first, id])].map((one) => known.get(one)?.label ?? 'unknown');
    const next = transactions[i + 1];
    const pauseMs = next ? written(next) - written(ids) : 0;
    const shares = ENTERED.find(([atLeastMs]) => pauseMs >= atLeastMs)?.[1] ?? [];
    return [0, ...shares].map((share) => ({ first, id, label: labels.join(' … '), delayMs: Math.round(pauseMs * share) }));
  });
}

/** How a moment reads in the name of a point. */
export const nameOf = ({ first, id, label, delayMs }: Moment): string =>
  `${delayMs > 0 ? `${delayMs} ms ` : ''}after event${first === id ? '' : 's'} ${first === id ? '' : `${first}-`}${id}: ${label}`;
