import type { Sample } from '../domain/sample.ts';
import { measureOnce } from '../probes/measure.ts';
import type { OpenSignal } from './signals.ts';

/** When the sample after one at `atMs` is due: on the signal's own grid, never in the past, so a slow answer skips ticks instead of queueing them. */
export const nextTickMs = (startMs: number, everyMs: number, nowMs: number): number =>
  startMs + (Math.floor((nowMs - startMs) / everyMs) + 1) * everyMs;

/** Waits that end early when `stop` aborts. One listener serves them all: what sleeps a thousand times a second should be small. */
function openPauses(stop: AbortSignal): { pause(ms: number): Promise<void>; close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let wake = (): void => undefined;
  const leave = (): void => {
    clearTimeout(timer);
    wake();
  };
  stop.addEventListener('abort', leave, { once: true });
  return {
    pause: (ms) =>
      new Promise((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, ms);
      }),
    close: () => {
      stop.removeEventListener('abort', leave);
    },
  };
}

async function sampleOne(signal: OpenSignal, take: (sample: Sample) => void, stop: AbortSignal, nowMs: () => number): Promise<void> {
  const startMs = nowMs();
  const { pause, close } = openPauses(stop);
  try {
    while (!stop.aborted) {
      const atMs = nowMs();
      const measurement = await measureOnce(signal.probe, signal.timeoutMs, stop);
      if (stop.aborted) return;
      take({ probe: signal.name, atMs, measurement });
      const doneMs = nowMs();
      if (!stop.aborted) await pause(nextTickMs(startMs, signal.everyMs, doneMs) - doneMs);
    }
  } finally {
    close();
  }
}

/**
 * Samples every signal at its own interval until `stop` aborts; `take` sees the samples as they come.
 * One signal that hangs does not delay the others.
 * @param nowMs the clock of the samples; one that nobody sets keeps the grid
 * @returns when nothing is asked any more; never rejects for the stop itself
 */
export async function sampleUntil(
  signals: readonly OpenSignal[],
  take: (sample: Sample) => void,
  stop: AbortSignal,
  nowMs: () => number = Date.now,
): Promise<void> {
  const ended = signals.map((signal) =>
    sampleOne(signal, take, stop, nowMs).catch((error: unknown) => {
      if (!stop.aborted) throw error;
    }),
  );
  await Promise.all(ended);
}
