import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { instantsOf, structuredCalendarsOf } from './calendars.ts';
import { keptInput, readyOf } from './kept.ts';
import { horizonOf } from './plan.ts';

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
  const starts = horizonOf(readyOf(kept.schedule), { sinceMs: kept.schedule.sinceMs, nowMs });
  const left = instantsOf(schedule.spec.structuredCalendar ?? []).filter((atMs) => atMs >= nowMs);
  const wanted = starts.map(({ atMs }) => atMs);
  if (starts.length === 0 || isEnough(left, wanted)) return false;
  await client.workflowService.updateSchedule({
    ...{ namespace: client.options.namespace, scheduleId: id, conflictToken: conflictToken ?? null },
    ...{ identity: client.options.identity, requestId: randomUUID() },
    schedule: { ...schedule, spec: { ...schedule.spec, structuredCalendar: structuredCalendarsOf(starts) } },
  });
  return true;
}
