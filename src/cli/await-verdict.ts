import { setTimeout as delay } from 'node:timers/promises';
import type { BreakwaterClient, RunResult } from '../client.ts';

/** How long Temporal, or the API, may be away before waiting is given up; the run does not notice. */
export const PATIENCE_MS = 120_000;
const ASK_AGAIN_MS = 1_000;

const isOutage = (error: unknown): boolean => error instanceof Error && error.name === 'ServiceError';

/**
 * Waits for the end, also over a restart of Temporal.
 * @throws ServiceError when Temporal stays away; WorkflowFailedError when the run was terminated or failed by a bug of ours
 */
export async function awaitVerdict(client: BreakwaterClient, workflowId: string, signal: AbortSignal): Promise<RunResult> {
  let awaySinceMs: number | undefined;
  for (;;) {
    const askedMs = Date.now();
    try {
      const result = await client.temporal.withAbortSignal(signal, () => client.waitForVerdict(workflowId));
      if (result) return result;
    } catch (error) {
      if (signal.aborted || !isOutage(error)) throw error;
      // A question that was open for long before it broke says that Temporal was there until then.
      if (awaySinceMs === undefined || Date.now() - askedMs > PATIENCE_MS / 2) awaySinceMs = Date.now();
      if (Date.now() - awaySinceMs > PATIENCE_MS) throw error;
      await delay(ASK_AGAIN_MS, undefined, { signal });
    }
  }
}
