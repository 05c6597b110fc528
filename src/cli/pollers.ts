import type { BreakwaterClient } from '../client.ts';
import { inTime } from './connect.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Kinds of task queues, as Temporal numbers them. */
const KINDS = { workflow: 1, activity: 2 } as const;

/** A worker is forgotten by Temporal five minutes after its last poll; a live one polls at least once a minute. */
const FRESH_MS = 90_000;

/** How many processes poll a task queue. @param nowMs the server's clock, as far as it is known */
export async function countPollers(client: BreakwaterClient, queue: string, kind: keyof typeof KINDS, nowMs = Date.now()): Promise<number> {
  const { workflowService, options } = client.temporal;
  const request = { namespace: options.namespace, taskQueue: { name: queue }, taskQueueType: KINDS[kind] };
  const { pollers } = await inTime(client, () => workflowService.describeTaskQueue(request));
  return pollers.filter(({ lastAccessTime }) => nowMs - Number(lastAccessTime?.seconds ?? 0) * 1_000 < FRESH_MS).length;
}

/**
 * Nothing waits for a worker that is not there.
 * @param site also a worker of this site is needed
 * @throws CliError (7) naming the task queue without a worker
 */
export async function requireWorkers(client: BreakwaterClient, site?: string): Promise<void> {
  const needed: [string, keyof typeof KINDS][] = [[client.taskQueue, 'workflow']];
  if (site !== undefined) needed.push([`${client.taskQueue}.${site}`, 'activity']);
  for (const [queue, kind] of needed) {
    if ((await countPollers(client, queue, kind)) > 0) continue;
    throw new CliError(
      EXIT.platform,
      `No worker serves the task queue ${queue}.`,
      'Start one with `breakwater worker` (or `breakwater up` for everything on this machine).',
    );
  }
}
