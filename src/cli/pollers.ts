import type { BreakwaterClient } from '../client.ts';
import { countLive, QUEUE_KINDS, type QueueKind } from '../domain/pollers.ts';
import { inTime } from './connect.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** How many processes poll a task queue. @param nowMs the server's clock, as far as it is known */
export async function countPollers(client: BreakwaterClient, queue: string, kind: QueueKind, nowMs = Date.now()): Promise<number> {
  const { workflowService, options } = client.temporal;
  const request = { namespace: options.namespace, taskQueue: { name: queue }, taskQueueType: QUEUE_KINDS[kind] };
  const { pollers } = await inTime(client, () => workflowService.describeTaskQueue(request));
  return countLive(pollers, nowMs);
}

/**
 * Nothing waits for a worker that is not there.
 * @param site also a worker of this site is needed
 * @throws CliError (7) naming the task queue without a worker
 */
export async function requireWorkers(client: BreakwaterClient, site?: string): Promise<void> {
  const needed: [string, QueueKind][] = [[client.taskQueue, 'workflow']];
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
