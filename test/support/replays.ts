import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';

/** Below this the server may still be writing what the run has just done. */
const TRIES = 5;

/**
 * Replays the histories of these runs as they are now, with the workflows of the bundle. Every test may ask this at its end: a run that went well once
 * and cannot be replayed is lost with the next crash of its worker.
 * @returns what did not replay
 */
export async function replayProblems(client: Client, workflowBundle: { code: string }, workflowIds: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const workflowId of workflowIds) {
    const history = await historyOf(client, workflowId);
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId).catch((error: unknown) => {
      problems.push(`${workflowId} does not replay: ${String(error)}`);
    });
  }
  return problems;
}

async function historyOf(client: Client, workflowId: string) {
  for (let tries = 1; ; tries++)
    try {
      return await client.workflow.getHandle(workflowId).fetchHistory();
    } catch (error) {
      if (tries >= TRIES) throw error;
      await delay(200);
    }
}
