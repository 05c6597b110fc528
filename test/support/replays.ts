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
  if (workflowIds.length === 0) return [];
  const histories = await Promise.all(
    workflowIds.map(async (workflowId) => ({ workflowId, history: await historyOf(client, workflowId) })),
  );
  const problems: string[] = [];
  // One worker for all: a worker costs more than a replay.
  const results = Worker.runReplayHistories({ workflowBundle, workflowThreadPoolSize: 1 }, histories);
  for await (const { workflowId, error } of results)
    if (error) problems.push(`${workflowId} does not replay: ${error.name}: ${error.message}`);
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
