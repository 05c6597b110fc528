import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, getClient, heartbeat } from '@temporalio/activity';
import { temporal } from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { announce, healthy, type Behaviour, type FakeSite } from '../workflows/harness/fake-site.ts';

const TRIES = 1_500;
const {
  EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
  EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
} = temporal.api.enums.v1.EventType;
type EventType = temporal.api.enums.v1.EventType;

/** As often as the real guard's (src/activities/watching.ts), and within its time-out by the server's clock. */
export const HEARTBEAT_EVERY_MS = 1_000;

/** How often the guard heartbeats: a dry run is a single look. */
export const heartbeatsOf = (holdMs: number): number => Math.max(1, Math.ceil(holdMs / HEARTBEAT_EVERY_MS));

/** Waits until nothing of the run is under way but the activity that asks. Read from the history: a query would make a workflow task. */
async function isAlone(): Promise<void> {
  const { workflowId, runId } = activityInfo().workflowExecution!;
  const handle = getClient().workflow.getHandle(workflowId, runId);
  for (let tries = 0; tries < TRIES; tries++) {
    const types = ((await handle.fetchHistory()).events ?? []).map(({ eventType }) => eventType);
    const count = (type: EventType): number => types.filter((each) => each === type).length;
    const isAnswered = types.lastIndexOf(EVENT_TYPE_WORKFLOW_TASK_COMPLETED) > types.lastIndexOf(EVENT_TYPE_WORKFLOW_TASK_SCHEDULED);
    if (isAnswered && count(EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) - count(EVENT_TYPE_ACTIVITY_TASK_COMPLETED) === 1) return;
    await delay(20);
  }
  throw new Error(`the run has still other work after ${TRIES} looks`);
}

/**
 * A guard that holds by the server's clock and heartbeats at the real guard's rate of it. That clock stands still while an activity runs, so the
 * guard moves it; the heartbeats go straight to the server, because the worker would throttle them by the real clock. They go to the worker too,
 * which by the real clock gives up an activity that it did not hear (sdk-core: heartbeat time-out and 5 s more).
 * It moves nothing before the orders are answered and the run has taken note of it, by its history: a hold that began earlier would be too short.
 */
export function holdingGuard(
  env: TestWorkflowEnvironment,
  site: FakeSite,
): { behaviour: Behaviour<'guardWave'>; heartbeats: () => number } {
  let beats = 0;
  const behaviour: Behaviour<'guardWave'> = async ({ place, holdMs }) => {
    const { taskToken } = activityInfo();
    await announce(place);
    await site.until(() => holdMs === 0 || site.areAnswered(place));
    await isAlone();
    const beganMs = await env.currentTimeMs();
    for (let beat = 1; beat <= heartbeatsOf(holdMs); beat++) {
      const untilMs = beganMs + beat * HEARTBEAT_EVERY_MS;
      await env.sleep(Math.max(1, untilMs - (await env.currentTimeMs()))); // the clock also runs by itself, and a slow machine needs its time
      heartbeat();
      await env.asyncCompletionClient.heartbeat(taskToken, { beat: ++beats });
    }
    return { kind: 'held', endedMs: await env.currentTimeMs(), summaries: { errors: healthy }, violations: [] };
  };
  return { behaviour, heartbeats: () => beats };
}
