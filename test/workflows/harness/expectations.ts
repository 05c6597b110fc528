import { setTimeout as delay } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import type { AuditEntry } from '../../../src/domain/audit/entry.ts';
import type { Phase, RunState } from '../../../src/domain/run.ts';
import type { FakeSite } from './fake-site.ts';
import type { Stage } from './stage.ts';

/** Promise 1: each order that was given was undone after it had ended, and nobody is paused any more. */
export function expectNothingLeft(site: FakeSite): void {
  expect([...site.paused]).toEqual([]);
  for (const deed of site.of('injectFault')) {
    const { key } = deed.input as { key: string };
    const undos = site.of('revertFault').filter(({ input }) => (input as { key: string }).key === key);
    expect(undos.length).toBeGreaterThan(0);
    expect(Math.max(...undos.map(({ beganMs }) => beganMs))).toBeGreaterThanOrEqual(deed.endedMs ?? Infinity);
  }
}

/** A dry run holds too, for a moment: whoever waits for `holding` means that somebody was hit. */
const isIn = (run: RunState, phase: Phase): boolean => run.phase === phase && (phase !== 'holding' || run.victims.length > 0);

/** Waits until the run says that it is in the phase; the fakes hold it there. */
export async function reach({ client }: Stage, workflowId: string, isThere: Phase | ((run: RunState) => boolean)): Promise<RunState> {
  for (;;) {
    const run = await client.status(workflowId);
    if (typeof isThere === 'function' ? isThere(run) : isIn(run, isThere)) return run;
    await delay(20);
  }
}

/** Whether a live fault is being held: a dry run holds, too. */
export const holdsLive = ({ phase, victims }: RunState): boolean => phase === 'holding' && victims.length > 0;

/** How many events of each type a run's history holds. */
export async function countEvents({ client }: Stage, workflowId: string): Promise<Record<string, number>> {
  const { events } = await client.temporal.workflow.getHandle(workflowId).fetchHistory();
  const counts: Record<string, number> = {};
  for (const { eventType } of events ?? []) {
    const name = temporal.api.enums.v1.EventType[eventType ?? 0]!.replace('EVENT_TYPE_', '');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** What the audit log has of one kind of act. */
export async function auditedAs({ records }: Stage, wanted: string): Promise<AuditEntry[]> {
  const found: AuditEntry[] = [];
  for await (const page of records.auditPages()) found.push(...page.filter(({ action }) => action === wanted));
  return found;
}

export const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Matchers with a type, for use inside of expected objects. */
export const containing = (text: string): unknown => expect.stringContaining(text);
export const matching = (text: string | RegExp): unknown => expect.stringMatching(text);
