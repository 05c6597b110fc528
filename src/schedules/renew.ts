import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { instantsOf, structuredCalendarsOf } from './calendars.ts';
import { keptInput, readyOf } from './kept.ts';
import { HORIZON, horizonOf, runsIn } from './plan.ts';
import type { ReadySchedule } from './ready.ts';

const DAY_MS = 86_400_000;
/** So many days are compared with what should be, before the whole horizon is: that takes a while, and each run asks. */
const NEAR_DAYS = 62;

/** Whether plenty is left, and the next days are as they should be. What differs further ahead is mended when it has come near. */
function isPlenty(kept: readonly number[], schedule: ReadySchedule, { sinceMs, nowMs }: { sinceMs: number; nowMs: number }): boolean {
  const last = kept.at(-1) ?? 0;
  if (kept.length * 2 < HORIZON.starts && last < nowMs + (HORIZON.days / 2) * DAY_MS) return false;
  const untilMs = Math.min(last + 1, nowMs + NEAR_DAYS * DAY_MS);
  const near = runsIn(schedule, { sinceMs, fromMs: nowMs, untilMs });
  const laid = kept.filter((atMs) => atMs < untilMs);
  return near.length === laid.length && near.every(({ atMs }, i) => atMs === laid[i]);
}

/** Whether what Temporal still has is what it should have, and enough of it. */
const isEnough = (kept: readonly number[], wanted: readonly number[]): boolean =>
  kept.length * 2 >= wanted.length && kept.every((atMs, i) => atMs === wanted[i]);

/**
 * Lays down the next starts of a schedule with Temporal, when fewer than half are left of what is laid down at a time, or others are due.
 * Whoever changes the schedule meanwhile wins, so that a pause is never lost: Temporal then drops this without a word.
 * @returns whether there was something to lay down
 * @throws when Temporal does not answer, or there is no such schedule
 */
export async function renew(client: Client, id: string, nowMs: number): Promise<boolean> {
  const described = await client.schedule.getHandle(id).describe();
  const kept = keptInput(described as { action: { args?: unknown[] } });
  const { schedule, conflictToken } = described.raw;
  if (!kept || !schedule?.spec) return false;
  const [ready, when] = [readyOf(kept.schedule), { sinceMs: kept.schedule.sinceMs, nowMs }];
  const left = instantsOf(schedule.spec.structuredCalendar ?? []).filter((atMs) => atMs >= nowMs);
  if (isPlenty(left, ready, when)) return false;
  const starts = horizonOf(ready, when);
  const wanted = starts.map(({ atMs }) => atMs);
  if (starts.length === 0 || isEnough(left, wanted)) return false;
  await client.workflowService.updateSchedule({
    ...{ namespace: client.options.namespace, scheduleId: id, conflictToken: conflictToken ?? null },
    ...{ identity: client.options.identity, requestId: randomUUID() },
    schedule: { ...schedule, spec: { ...schedule.spec, structuredCalendar: structuredCalendarsOf(starts) } },
  });
  return true;
}
