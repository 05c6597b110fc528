import { setInterval as every } from 'node:timers';
import { heartbeat } from '@temporalio/activity';

const HEARTBEAT_EVERY_MS = 500;

/** Heartbeats while `work` runs, so that the death of this worker is noticed in seconds. */
export async function beating<R>(work: () => Promise<R>): Promise<R> {
  const timer = every(() => {
    heartbeat();
  }, HEARTBEAT_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
