import { Connection, isGrpcServiceError } from '@temporalio/client';
import { type temporal } from '@temporalio/proto';

type Event = temporal.api.history.v1.IHistoryEvent;

/** One event of a run's history, for people and for choosing moments. */
export interface HistoryEvent {
  id: number;
  /** Epoch milliseconds. */
  atMs: number;
  /** `activityTaskScheduled injectFault`, `workflowExecutionSignaled guardArmed`. */
  label: string;
}

/** The server answers a long poll within 20 s; the client must not give up before. */
const POLL_WITHIN_MS = 60_000;

/** The moment cannot come any more: the run took another way, or ended before. Such a point is played again. */
export class MissedMoment extends Error {
  constructor(what: string) {
    super(`the moment was missed: ${what}`); // CI knows it by these words, and plays such a file once more
  }
}

const INVALID_ARGUMENT = 3;
const MOST_VOID_TOKENS = 10;
/** A token of the server is void when the run's state went back behind it, after a write that failed on a busy machine. */
const isVoidToken = (error: unknown): boolean => isGrpcServiceError(error) && (error.code as number) === INVALID_ARGUMENT;

/**
 * A run's history page by page, each event once, read by a connection of its own that ends with the last page or with who reads.
 * @param request what else is asked of the server
 */
async function* pagesOf(
  from: string,
  workflowId: string,
  request: { waitNewEvent?: boolean; maximumPageSize?: number },
): AsyncGenerator<Event[]> {
  const connection = await Connection.connect({ address: from });
  const pageAfter = (token?: Uint8Array | null) =>
    connection.withDeadline(Date.now() + POLL_WITHIN_MS, () =>
      connection.workflowService.getWorkflowExecutionHistory({
        namespace: 'default',
        execution: { workflowId },
        ...request,
        ...(token && { nextPageToken: token }),
      }),
    );
  try {
    let page = await pageAfter();
    let [lastId, voidTokens] = [0, 0];
    for (;;) {
      const events = (page.history?.events ?? []).filter(({ eventId }) => Number(eventId) > lastId);
      yield events;
      lastId = Number(events.at(-1)?.eventId ?? lastId);
      const token = page.nextPageToken;
      if (!token?.length) return;
      page = await pageAfter(token).catch((error: unknown) => {
        if (!isVoidToken(error) || ++voidTokens > MOST_VOID_TOKENS) throw error;
        return pageAfter(); // from the beginning
      });
    }
  } finally {
    await connection.close();
  }
}

/**
 * Follows a run's history as it is written, by long polls on a connection of its own: what it sees is minutes old for nobody and costs the
 * run nothing.
 * @param from `host:port` of Temporal
 * @param take sees each event once; a result ends the watch
 * @returns undefined when the run ended first
 */
export async function followHistory<R>(
  from: string,
  workflowId: string,
  take: (event: HistoryEvent) => R | undefined,
): Promise<R | undefined> {
  const names = new Map<number, string>();
  for await (const events of pagesOf(from, workflowId, { waitNewEvent: true }))
    for (const event of events) {
      const found = take(read(event, names));
      if (found !== undefined) return found;
    }
  return undefined;
}

/**
 * The ids of a closed run's events, one list for each transaction that wrote them: Temporal counts a page in batches as they were written, so
 * a page of one is a transaction.
 */
export async function transactionsOf(from: string, workflowId: string): Promise<number[][]> {
  const transactions: number[][] = [];
  for await (const events of pagesOf(from, workflowId, { maximumPageSize: 1 }))
    if (events.length > 0) transactions.push(events.map(({ eventId }) => Number(eventId)));
  return transactions;
}

/** Waits until the history holds this event. @throws MissedMoment when the run ended with fewer */
export async function eventWritten(from: string, workflowId: string, id: number): Promise<HistoryEvent> {
  const seen = await followHistory(from, workflowId, (event) => (event.id >= id ? event : undefined));
  if (!seen) throw new MissedMoment(`the run ended before event ${id}`);
  return seen;
}

/** Waits until an event with this label is there for the nth time. @throws MissedMoment when the run ended before */
export async function labelWritten(from: string, workflowId: string, label: string, nth = 1): Promise<void> {
  let times = 0;
  const seen = await followHistory(from, workflowId, (event) => (event.label === label && ++times === nth ? event : undefined));
  if (!seen) throw new MissedMoment(`the run ended before ${label} number ${nth}`);
}

/** @param names what each scheduled activity is called, filled under way: its later events only refer to it */
function read(event: Event, names: Map<number, string>): HistoryEvent {
  const key = Object.keys(event).find((name) => name.endsWith('EventAttributes') && event[name as keyof Event]) ?? 'unknown';
  const attributes = (event[key as keyof Event] ?? {}) as {
    activityType?: { name?: string };
    scheduledEventId?: unknown;
    signalName?: string;
    markerName?: string;
  };
  const id = Number(event.eventId);
  const name =
    attributes.activityType?.name ?? names.get(Number(attributes.scheduledEventId)) ?? attributes.signalName ?? attributes.markerName;
  if (attributes.activityType?.name) names.set(id, attributes.activityType.name);
  const { seconds, nanos } = event.eventTime ?? {};
  return {
    id,
    atMs: Number(seconds) * 1_000 + (nanos ?? 0) / 1e6,
    label: [key.replace('EventAttributes', ''), name].filter(Boolean).join(' '),
  };
}
