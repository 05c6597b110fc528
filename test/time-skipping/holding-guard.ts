import { activityInfo } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { announce, healthy, type Behaviour } from '../workflows/harness/fake-site.ts';

/** As often as the real guard's (src/activities/watching.ts), and within its time-out by the server's clock. */
export const HEARTBEAT_EVERY_MS = 1_000;

/** How often the guard heartbeats: a dry run is a single look. */
export const heartbeatsOf = (holdMs: number): number => Math.max(1, Math.ceil(holdMs / HEARTBEAT_EVERY_MS));

/**
 * A guard that holds by the server's clock and heartbeats at the real guard's rate of it. That clock stands still while an activity runs, so the
 * guard moves it; the heartbeats go straight to the server, because the worker would throttle them by the real clock.
 * The first step also lets the run take note of the signal and the orders be answered, which the clock waits for: how many events come together
 * in one workflow task is then not left to chance.
 */
export function holdingGuard(env: TestWorkflowEnvironment): { behaviour: Behaviour<'guardWave'>; heartbeats: () => number } {
  let beats = 0;
  const behaviour: Behaviour<'guardWave'> = async ({ place, holdMs }) => {
    const { taskToken } = activityInfo();
    await announce(place);
    for (let left = heartbeatsOf(holdMs); left > 0; left--) {
      await env.sleep(HEARTBEAT_EVERY_MS);
      await env.asyncCompletionClient.heartbeat(taskToken, { beat: ++beats });
    }
    return { kind: 'held', endedMs: await env.currentTimeMs(), summaries: { errors: healthy }, violations: [] };
  };
  return { behaviour, heartbeats: () => beats };
}
