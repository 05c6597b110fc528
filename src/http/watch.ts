import { setTimeout as delay } from 'node:timers/promises';
import type { RunState } from '../client.ts';
import type { RunEvent, RunRecord } from '../records/ports.ts';
import type { Rooms } from './visible.ts';

/** How a run is watched. */
export interface WatchOptions {
  /** The id of the last event that the watcher has: what comes after it is sent. */
  after?: string;
  /** Ends the stream without saying that the run has ended. */
  signal: AbortSignal;
  /** Until when the watcher may look, epoch milliseconds. */
  untilMs?: number;
  lookEveryMs: number;
  /** How often a line is sent when nothing happens, so that whoever is between does not hang up. */
  beatEveryMs: number;
  /** Absent: the watcher looks for itself. */
  look?: (workflowId: string) => Promise<Sight>;
}

/** What one look shows. */
export interface Sight {
  events: RunEvent[];
  /** Present once the run has ended. */
  end?: { verdict?: string; reason?: string };
}

/** An event's id on the wire: its key, without anything that could end a line. */
export const eventId = ({ key }: Pick<RunEvent, 'key'>): string => encodeURIComponent(key);

const frame = (event: RunEvent): string => `id: ${eventId(event)}\ndata: ${JSON.stringify(event)}\n\n`;
/** No event has it: their ids hold no bare percent sign. */
const END_ID = '%end';
const endFrame = (end: object): string => `id: ${END_ID}\nevent: end\ndata: ${JSON.stringify(end)}\n\n`;

const byTime = (a: RunEvent, b: RunEvent): number => a.atMs - b.atMs || (a.key < b.key ? -1 : 1);

function endOf(run: RunRecord | undefined, state: RunState | undefined): Sight['end'] {
  if (run?.closedAtMs !== undefined)
    return { ...(run.verdict !== undefined && { verdict: run.verdict }), ...(run.reason !== undefined && { reason: run.reason }) };
  if (state?.phase !== 'closed') return undefined;
  return state.decision ? { verdict: state.decision.verdict, reason: state.decision.reason } : {};
}

/** The events of the records and of the run itself, each once: a run writes its record in a few steps, and knows only its newest. */
async function look({ door, records }: Rooms, workflowId: string): Promise<Sight> {
  const run = await records?.findRun(workflowId);
  const state = run?.closedAtMs === undefined ? await door.status(workflowId).catch(() => undefined) : undefined;
  const recorded = run ? await records?.events(workflowId) : undefined;
  const all = new Map([...(state?.events ?? []), ...(recorded ?? [])].map((event) => [event.key, event]));
  const end = endOf(run, state);
  return { events: [...all.values()].sort(byTime), ...(end && { end }) };
}

/** A look that is under way, or younger than this, serves everybody who watches the run, milliseconds. */
const SHARED_MS = 250;

/** Looks at runs for all watchers of a process: a hundred of them at one run ask Temporal and the records no more often than a few. */
export function createLooks(rooms: Rooms): (workflowId: string) => Promise<Sight> {
  const looks = new Map<string, { atMs: number; sight: Promise<Sight> }>();
  return (workflowId) => {
    const known = looks.get(workflowId);
    if (known && Date.now() - known.atMs < SHARED_MS) return known.sight;
    const one = { atMs: Infinity, sight: look(rooms, workflowId) };
    looks.set(workflowId, one);
    const forget = (): void => void (looks.get(workflowId) === one && looks.delete(workflowId));
    one.sight.then(() => {
      one.atMs = Date.now();
      setTimeout(forget, SHARED_MS).unref();
    }, forget);
    return one.sight;
  };
}

/** What a watcher that has this event has not seen; everything when the event is not known. */
function following(events: readonly RunEvent[], after: string | undefined): string[] {
  const at = after === undefined ? -1 : events.findIndex((event) => eventId(event) === after);
  return events.slice(0, at + 1).map(({ key }) => key);
}

/** Whether a watcher that comes back has seen the end: there is nothing to wait for. */
export const isSeen = (after: string): boolean => after === END_ID;

/** A run's events as server-sent events: those that were, those that come, and its end. */
export async function* watchRun(rooms: Rooms, workflowId: string, options: WatchOptions): AsyncGenerator<string> {
  const { after, signal, untilMs = Infinity, lookEveryMs, beatEveryMs, look: see = (id) => look(rooms, id) } = options;
  let sent: Set<string> | undefined;
  let saidMs = Date.now();
  yield ': watching\n\n';
  while (!signal.aborted && Date.now() < untilMs) {
    const { events, end } = await see(workflowId);
    sent ??= new Set(following(events, after));
    for (const event of events) {
      if (sent.has(event.key)) continue;
      sent.add(event.key);
      saidMs = Date.now();
      yield frame(event);
    }
    if (end) {
      yield endFrame(end);
      return;
    }
    if (Date.now() - saidMs >= beatEveryMs) {
      saidMs = Date.now();
      yield ': still here\n\n';
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
