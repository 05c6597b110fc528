import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BreakwaterClient } from '../../client.ts';
import { inTime } from '../connect.ts';

/** Polled only to be seen, on a queue that nobody uses. The server refuses polls with less than 2 s left. */
const POLL_MS = 8_000;
const SEEN_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 50;

/**
 * Reads the server's clock. No call of Temporal tells the time and changes nothing, so we poll an empty task queue of our own and
 * read when the server saw us. Nothing is left: the server forgets an idle queue.
 */
export async function readTemporalClock(client: BreakwaterClient): Promise<{ theirsMs: number; beforeMs: number; afterMs: number }> {
  const { workflowService, options, connection } = client.temporal;
  const taskQueue = { name: `breakwater-doctor-${randomUUID()}` };
  const { namespace } = options;
  const beforeMs = Date.now();
  const leave = new AbortController();
  const poll = connection.withAbortSignal(leave.signal, () =>
    connection.withDeadline(Date.now() + POLL_MS, () =>
      workflowService.pollActivityTaskQueue({ namespace, taskQueue, identity: 'breakwater doctor' }),
    ),
  );
  const polled = poll.then(
    () => undefined,
    () => undefined, // it ends when we leave
  );
  try {
    for (;;) {
      const { pollers } = await inTime(client, () => workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType: 2 }));
      const seen = pollers[0]?.lastAccessTime;
      if (seen) return { theirsMs: Number(seen.seconds ?? 0) * 1_000 + (seen.nanos ?? 0) / 1e6, beforeMs, afterMs: Date.now() };
      if (Date.now() - beforeMs > SEEN_WITHIN_MS) throw new Error('Temporal did not notice the poll');
      await delay(LOOK_EVERY_MS);
    }
  } finally {
    leave.abort();
    await polled;
  }
}
