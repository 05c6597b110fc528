import { setTimeout as delay } from 'node:timers/promises';
import type { BreakwaterClient, LiveView, RunResult, RunState } from '../client.ts';
import { awaitVerdict } from './await-verdict.ts';
import { inTime } from './connect.ts';
import type { Cli } from './context.ts';
import { listenForInterrupts } from './interrupts.ts';
import { plainText } from './plain-text.ts';
import { createProgress, type Progress } from './progress.ts';

/** How watching ended; only `closed` says that the run did. */
export type Ending = { kind: 'closed'; result: RunResult } | { kind: 'timed-out' } | { kind: 'detached' };

export interface FollowOptions {
  /** Who aborts, when asked. */
  by: string;
  /** Longest wait, milliseconds; absent: as long as it takes. */
  timeoutMs?: number;
}

/** What polling knows. */
interface Sight {
  state: RunState | undefined;
  live: LiveView | undefined;
  isPaused: boolean;
}

const troubleOf = (error: unknown): string => {
  const text = error instanceof Error ? plainText(error.message) : '';
  return `no answer from the run now (${text.slice(0, 100) || 'unknown reason'}); it is durable and goes on as soon as its worker does`;
};

/** Looks until the signal aborts. What cannot be seen is said, and is no end. */
async function poll(client: BreakwaterClient, workflowId: string, sight: Sight, progress: Progress, signal: AbortSignal): Promise<void> {
  const startedMs = Date.now();
  while (!signal.aborted) {
    let trouble: string | undefined;
    try {
      const [state, live] = await inTime(client, () => Promise.all([client.status(workflowId), client.live(workflowId)]));
      Object.assign(sight, { state, live });
      const place = state.queued && (await inTime(client, () => client.queuePlace(state)).catch(() => undefined));
      if (place) state.queued = place;
    } catch (error) {
      trouble = troubleOf(error);
    }
    const startMs = sight.state?.events[0]?.atMs ?? startedMs;
    if (!sight.isPaused && !signal.aborted)
      progress.show({
        ...sight,
        workflowId,
        nowMs: Date.now(),
        startedMs: Math.min(startMs, startedMs),
        ...(trouble !== undefined && { trouble }),
      });
    await delay(progress.everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** The last events come with the end, which may be between two looks. */
async function showLast(client: BreakwaterClient, workflowId: string, progress: Progress): Promise<void> {
  const state = await inTime(client, () => client.status(workflowId)).catch(() => undefined);
  if (state) progress.show({ workflowId, state, live: undefined, nowMs: Date.now(), startedMs: state.events[0]?.atMs ?? Date.now() });
}

/**
 * Watches a run until it ends, the time is up, or the person turns away.
 * @throws what `awaitVerdict` throws
 */
export async function follow(
  { terminal }: Cli,
  client: BreakwaterClient,
  workflowId: string,
  { by, timeoutMs }: FollowOptions,
): Promise<Ending> {
  const progress = createProgress(terminal);
  const over = new AbortController();
  const sight: Sight = { state: undefined, live: undefined, isPaused: false };
  let detach: () => void = () => undefined;
  const detached = new Promise<Ending>(
    (resolve) =>
      (detach = () => {
        resolve({ kind: 'detached' });
      }),
  );
  const stopListening = listenForInterrupts(terminal, {
    detach,
    setAsking(isAsking) {
      sight.isPaused = isAsking;
      if (isAsking) progress.clear();
    },
    abort: async () => {
      await inTime(client, () => client.abort(workflowId, { by, reason: 'Ctrl-C while watching' })).catch((error: unknown) => {
        terminal.err(`The abort was not taken: ${troubleOf(error)}\n`);
      });
    },
  });
  const closed = awaitVerdict(client, workflowId, over.signal).then((result): Ending => ({ kind: 'closed', result }));
  const late = timeoutMs === undefined ? [] : [delay<Ending>(timeoutMs, { kind: 'timed-out' }, { signal: over.signal })];
  for (const pending of [closed, ...late]) pending.catch(() => undefined);
  const polling = poll(client, workflowId, sight, progress, over.signal);
  try {
    const ending = await Promise.race([closed, detached, ...late]);
    over.abort();
    if (ending.kind !== 'detached') await polling;
    if (ending.kind === 'closed') await showLast(client, workflowId, progress);
    return ending;
  } finally {
    over.abort();
    stopListening();
    progress.clear();
  }
}
