import type { SignedCheckpoint } from '../../domain/audit/checkpoint.ts';
import { PublishError } from './error.ts';

/** Longest wait for an answer, milliseconds. */
const ANSWER_WITHIN_MS = 5_000;

const codeOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (cause as { code?: string }).code ?? (cause instanceof Error ? cause.name : 'failed');
};

/**
 * Sends a checkpoint as JSON. Of the address only the host is ever named: path and query may hold a token.
 * @throws PublishError unless it was taken (2xx)
 */
export async function postCheckpoint(url: string, checkpoint: SignedCheckpoint): Promise<void> {
  const { host } = new URL(url);
  const failed = (why: string): PublishError => new PublishError(`${host} did not take the checkpoint: ${why}`);
  let status: number;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(checkpoint),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    ({ status } = answer);
    await answer.body?.cancel();
  } catch (error) {
    throw failed(codeOf(error));
  }
  if (status < 200 || status >= 300) throw failed(`status ${status}`);
}
