import type { Client } from '@temporalio/client';
import { structuredCalendarsOf } from '../../src/schedules/calendars.ts';
import * as plan from '../../src/schedules/plan.ts';
import { makeReady } from '../../src/schedules/ready.ts';
import { renew } from '../../src/schedules/renew.ts';
import { schedule } from './files.ts';

const DAY_MS = 86_400_000;
const nowMs = Date.parse('2026-11-26T00:00:00Z');
const read = schedule({ start: { at: '11:00' } });
const all = plan.horizonOf(makeReady(read.terms, read.calendars), { sinceMs: nowMs, nowMs });

/** A schedule that has these starts with Temporal. */
function keeping(starts: readonly plan.PlannedStart[]) {
  const updates: unknown[] = [];
  const schedule = { spec: { structuredCalendar: structuredCalendarsOf(starts) } };
  const args = [{ schedule: { name: 'n', document: read.document, calendars: {}, sinceMs: nowMs } }];
  const client = {
    options: {},
    schedule: { getHandle: () => ({ describe: () => Promise.resolve({ action: { args }, raw: { schedule } }) }) },
    workflowService: { updateSchedule: (update: unknown) => Promise.resolve(updates.push(update)) },
  } as unknown as Client;
  return { client, updates };
}

test('with plenty left, a run looks two months ahead and no further', async () => {
  const far = all.map((start) => (start.atMs < nowMs + 70 * DAY_MS ? start : { ...start, atMs: start.atMs + 60_000 }));
  const { client, updates } = keeping(far);
  expect(await renew(client, 'id', nowMs)).toBe(false);
  expect(updates).toEqual([]);
});

test('fewer than half, another start within two months, or one too many: all of them are laid down anew', async () => {
  const other = all.map((start, i) => (i === 3 ? { ...start, atMs: start.atMs + 60_000 } : start));
  const more = [...all, { ...all[0]!, atMs: nowMs + 3_600_000 }];
  for (const starts of [all.slice(0, all.length / 3), all.slice(3), other, more, []]) {
    const { client, updates } = keeping(starts);
    expect(await renew(client, 'id', nowMs)).toBe(true);
    expect(updates).toMatchObject([{ schedule: { spec: { structuredCalendar: structuredCalendarsOf(all) } } }]);
  }
});
