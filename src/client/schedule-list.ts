import { ScheduleNotFoundError, type Client, type ScheduleSummary } from '@temporalio/client';
import { inBatches } from './in-batches.ts';
import { isFromFile, labelOf, viewOf, type ScheduleView } from './schedule-view.ts';

/** Where schedules are kept. */
interface Home {
  temporal: Client;
  taskQueue: string;
}

/** Which part of a list is wanted. */
export interface ScheduleQuery {
  /** At most so many. */
  limit: number;
  /** `next` of the page before; absent: from the beginning. */
  after?: string;
  /** Whose business a schedule is; absent: everybody's. What is not counts for no page. */
  isWanted?(view: ScheduleView): boolean;
}

/** Part of a list, by name. */
export interface SchedulesPage {
  schedules: ScheduleView[];
  /** Where the page after this one begins; absent: there is none. */
  next?: string;
}

/** All schedules of a task queue as Temporal's list has them, by id: a thousand in one answer. */
export async function summariesOf({ temporal, taskQueue }: Home): Promise<ScheduleSummary[]> {
  const all: ScheduleSummary[] = [];
  for await (const summary of temporal.schedule.list()) if (summary.memo?.['breakwater'] === taskQueue) all.push(summary);
  return all.sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1));
}

/** Only those from files have to be asked about one by one. @returns undefined when it was removed meanwhile: lists lag behind */
async function viewed({ temporal }: Home, summary: ScheduleSummary): Promise<ScheduleView | undefined> {
  const name = labelOf(summary.memo, 'name');
  if (!isFromFile(summary)) return viewOf(name, summary);
  try {
    return viewOf(name, await temporal.schedule.getHandle(summary.scheduleId).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Part of the schedules of a task queue. No more of them are asked about than it takes to fill it. */
export async function pageOf(home: Home, { limit, after, isWanted = () => true }: ScheduleQuery): Promise<SchedulesPage> {
  const all = await summariesOf(home);
  const rest = after === undefined ? all : all.filter(({ scheduleId }) => scheduleId > after);
  const found: { scheduleId: string; view: ScheduleView }[] = [];
  const ask = async (summary: ScheduleSummary) => ({ scheduleId: summary.scheduleId, view: await viewed(home, summary) });
  for await (const batch of inBatches(rest, ask)) {
    for (const { scheduleId, view } of batch) if (view && isWanted(view)) found.push({ scheduleId, view });
    if (found.length > limit) break;
  }
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { schedules: page.map(({ view }) => view), ...(found.length > limit && last && { next: last.scheduleId }) };
}
