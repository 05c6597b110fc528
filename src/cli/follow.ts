import { setTimeout as delay } from 'node:timers/promises';
import type { RunResult } from '../client.ts';
import type { Cli } from './context.ts';
import { listenForInterrupts } from './interrupts.ts';
import { plainText } from './plain-text.ts';
import { createProgress, type Progress } from './progress.ts';
import type { Sight, WatchedRun } from './watched-run.ts';

/** How watching ended; only `closed` says that the run did. */
export type Ending = { kind: 'closed'; result: RunResult } | { kind: 'timed-out' } | { kind: 'detached' };

export interface FollowOptions {
  /** Longest wait, milliseconds; absent: as long as it takes. */
  timeoutMs?: number;
}

/** What polling knows. */
interface Known extends Sight {
  isPaused: boolean;
}

const troubleOf = (error: unknown): string => {
  const text = error instanceof Error ? plainText(error.message) : '';
  return `no answer from the run now (${text.slice(0, 100) || 'unknown reason'}); it is durable and goes on as soon as its worker does`;
};

/** Looks until the signal aborts. What cannot be seen is said, and is no end. */
async function poll(run: WatchedRun, sight: Known, progress: Progress, signal: AbortSignal): Promise<void> {
  const { workflowId } = run;
  const startedMs = Date.now();
  while (!signal.aborted) {
    let trouble: string | undefined;
    try {
      Object.assign(sight, await run.look());
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
async function showLast(run: WatchedRun, progress: Progress): Promise<void> {
  const { state } = await run.look().catch(() => ({ state: undefined }));
  if (state)
    progress.show({
      workflowId: run.workflowId,
      state,
      live: undefined,
      nowMs: Date.now(),
      startedMs: state.events[0]?.atMs ?? Date.now(),
    });
}

/**
 * Watches a run until it ends, the time is up, or the person turns away.
 * @throws what the run's `closed` throws
 */
export async function follow({ terminal }: Cli, run: WatchedRun, { timeoutMs }: FollowOptions): Promise<Ending> {
  const progress = createProgress(terminal);
  const over = new AbortController();
  const sight: Known = { state: undefined, live: undefined, isPaused: false };
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
      await run.abort('Ctrl-C while watching').catch((error: unknown) => {
        terminal.err(`The abort was not taken: ${troubleOf(error)}\n`);
      });
    },
  });
  const closed = run.closed(over.signal).then((result): Ending => ({ kind: 'closed', result }));
  const late = timeoutMs === undefined ? [] : [delay<Ending>(timeoutMs, { kind: 'timed-out' }, { signal: over.signal })];
  for (const pending of [closed, ...late]) pending.catch(() => undefined);
  const polling = poll(run, sight, progress, over.signal);
  try {
    const ending = await Promise.race([closed, detached, ...late]);
    over.abort();
    if (ending.kind !== 'detached') await polling;
    if (ending.kind === 'closed') await showLast(run, progress);
    return ending;
  } finally {
    over.abort();
    stopListening();
    progress.clear();
  }
}
