import { activityInfo, getClient, log, sleep } from '@temporalio/activity';
import { countLive, QUEUE_KINDS } from '../domain/pollers.ts';

/** How often a queue without a worker is looked at before it is taken for so, and how far apart: one that has just started has not polled yet. */
const LOOKS = 6;
const LOOK_AGAIN_MS = 500;
/** How long "somebody is there" is remembered; many runs begin at once. */
const REMEMBER_MS = 5_000;
/** gRPC's codes for what a server does not offer (Temporal's time-skipping test server), and for what this worker may not ask. */
const CANNOT_TELL = [12, 7];

const seenAtMs = new Map<string, number>();

/** Undefined when the server cannot tell. */
async function liveWorkers(queue: string): Promise<number | undefined> {
  const { workflowService, options } = getClient();
  try {
    const { pollers } = await workflowService.describeTaskQueue({
      namespace: options.namespace,
      taskQueue: { name: queue },
      taskQueueType: QUEUE_KINDS.activity,
    });
    return countLive(pollers, Date.now());
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (!CANNOT_TELL.some((one) => one === code)) throw error;
    log.warn('Temporal does not tell us who serves a task queue: whether the site has a worker shows when a wave is prepared', {
      queue,
      code,
    });
    return undefined;
  }
}

/**
 * Why a run for this site must not go on: nobody serves it. Undefined when somebody does, or when the server cannot tell; then the site's
 * first activity, which is not waited for for long, shows it.
 */
export async function siteObstacle(site: string): Promise<string | undefined> {
  const queue = `${activityInfo().taskQueue}.${site}`;
  const key = `${getClient().options.namespace}/${queue}`;
  for (let look = 1; Date.now() - (seenAtMs.get(key) ?? 0) > REMEMBER_MS; look++) {
    const live = await liveWorkers(queue);
    if (live === undefined) return undefined;
    if (live > 0) seenAtMs.set(key, Date.now());
    else if (look === LOOKS)
      return `site ${site} has no worker on queue ${queue}; start one with BREAKWATER_SITES=${site} breakwater worker`;
    else await sleep(LOOK_AGAIN_MS);
  }
  return undefined;
}
