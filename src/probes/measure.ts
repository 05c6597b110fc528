import { setMaxListeners } from 'node:events';
import type { Reading } from '../domain/sight.ts';
import { failure, messageOf } from './answer.ts';
import type { OpenProbe } from './define.ts';

const MAX_REASON = 300;

/**
 * Makes a message fit to be shown: one line, bounded, without URL credentials, query strings, bearer tokens or `password=`.
 * Secrets that have no such shape must be kept out by whoever handles them.
 */
export function safeReason(error: unknown): string {
  const text = messageOf(error) || 'failed without a message';
  return text
    .slice(0, MAX_REASON * 10)
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s"']*@/gi, '$1')
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s"'?]*)\?[^\s"']*/gi, '$1?…')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 …')
    .replace(/\b(password|passwd|pwd|secret|token|api[-_]?key)(\s*[=:]\s*)[^\s,;&"']+/gi, '$1$2…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_REASON);
}

/**
 * Asks an open probe once. Never later than the time-out, whatever the probe does.
 * @param timeoutMs an answer later than this is an error
 * @param signal    cancellation by the caller: the only thing that makes it throw
 * @returns a finite value, no data, or an error with a reason that is safe to show
 * @throws the signal's reason when the caller cancels
 */
export async function measureOnce(probe: OpenProbe, timeoutMs: number, signal: AbortSignal): Promise<Reading> {
  signal.throwIfAborted();
  const ask = new AbortController();
  const tooLate = failure(`no answer within ${timeoutMs} ms`);
  let stop: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const interrupted = new Promise<Reading>((resolve, reject) => {
    const leave = () => ask.abort(new Error('the probe was interrupted')); // only then: an abort costs more than a quick answer
    stop = () => {
      reject(signal.reason as Error);
      leave();
    };
    setMaxListeners(0, signal); // a run measures many probes at once under one signal, and each listener is removed below
    signal.addEventListener('abort', stop, { once: true });
    timer = setTimeout(() => {
      resolve(tooLate);
      leave();
    }, timeoutMs);
  });
  try {
    return await Promise.race([answer(probe, ask.signal), interrupted]);
  } finally {
    clearTimeout(timer);
    if (stop) signal.removeEventListener('abort', stop);
  }
}

async function answer(probe: OpenProbe, signal: AbortSignal): Promise<Reading> {
  try {
    const measurement = await probe.measure(signal);
    if (measurement.kind !== 'value' || Number.isFinite(measurement.value)) return measurement;
    return failure('the answer is not a finite number');
  } catch (error) {
    return failure(safeReason(error));
  }
}
