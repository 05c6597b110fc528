import { PagerError } from '../../activities/ports.ts';

/** Longest wait for an answer, milliseconds. */
const ANSWER_WITHIN_MS = 5_000;

/** How a pager answered. Its body is not read: it may repeat what it was sent. */
export interface PagerAnswer {
  status: number;
  retryAfterMs?: number;
}

/** Seconds or a date, as RFC 9110 has it. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

const codeOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (cause as { code?: string }).code ?? (cause instanceof Error ? cause.name : 'failed');
};

/**
 * Sends JSON. Of the address only the host is ever named: path and query may hold a token.
 * @throws PagerError, retryable, when there is no answer in time
 */
export async function post(url: string, body: unknown, signal: AbortSignal, withinMs = ANSWER_WITHIN_MS): Promise<PagerAnswer> {
  const { host } = new URL(url);
  const deadline = AbortSignal.timeout(withinMs);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([signal, deadline]),
    });
    await answer.body?.cancel();
    const retryAfterMs = retryAfterOf(answer.headers.get('retry-after'));
    return { status: answer.status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  } catch (error) {
    signal.throwIfAborted();
    const why = deadline.aborted ? `did not answer within ${withinMs} ms` : `could not be reached (${codeOf(error)})`;
    throw new PagerError(`the pager at ${host} ${why}`, true); // no cause: it may hold the address
  }
}

/** @throws PagerError unless the pager took it; what may heal is retryable: too many requests, and the pager's own trouble */
export function mustBeTaken(url: string, { status, retryAfterMs }: PagerAnswer): void {
  if (status >= 200 && status < 300) return;
  const mayHeal = status === 408 || status === 429 || status >= 500;
  throw new PagerError(`the pager at ${new URL(url).host} answered ${status}`, mayHeal, retryAfterMs);
}
