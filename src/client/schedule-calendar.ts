import { ScheduleNotFoundError, type Client, type ScheduleDescription, type ScheduleSummary } from '@temporalio/client';
import type { RunInput } from '../domain/run.ts';
import { parseDocument } from '../language/experiment.ts';
import type { CalendarEntry } from '../schedules/entries.ts';
import type { PlannedDay, Stretch } from '../schedules/plan.ts';
import { inBatches } from './in-batches.ts';
import { summariesOf } from './schedule-list.ts';
import { labelOf } from './schedule-view.ts';

/** A stretch of time, epoch milliseconds. */
export type Period = Pick<Stretch, 'fromMs' | 'untilMs'>;

/** Where schedules are kept. */
interface Home {
  temporal: Client;
  taskQueue: string;
}

/** The next days of a schedule. */
export interface ScheduleOutlook {
  name: string;
  zone: string;
  paused: boolean;
  /** What its runs are started with. */
  input: RunInput;
  days: PlannedDay[];
}

/** A schedule whose times cannot be told, by the labels that it was given. */
export interface UnreadableSchedule {
  schedule: string;
  environment: string;
  owner: string;
  why: string;
}

/** Anybody may have made a schedule, also one that starts runs with nothing. */
const inputOf = ({ action }: ScheduleDescription): RunInput => ((action.args ?? [])[0] ?? {}) as RunInput;

/** More times than this are not asked for at once. */
const MOST_TIMES = 1_000;

/** Longest reason, characters. */
const MOST_WHY = 300;

/** What Temporal itself says that it will start. @returns epoch milliseconds */
async function byTemporal({ temporal }: Home, scheduleId: string, { fromMs, untilMs }: Period): Promise<number[]> {
  const { msToTs, tsToMs } = await import('@temporalio/common/lib/time.js');
  const { startTime } = await temporal.workflowService.listScheduleMatchingTimes({
    ...{ namespace: temporal.options.namespace, scheduleId },
    ...{ startTime: msToTs(fromMs), endTime: msToTs(untilMs) },
  });
  return startTime.slice(0, MOST_TIMES).map((time) => tsToMs(time));
}

/** What becomes of a schedule in a stretch of time: by its file, or, of one that has none, by Temporal. */
async function daysOf(home: Home, described: ScheduleDescription, period: Period, all: boolean): Promise<PlannedDay[]> {
  const { schedule } = inputOf(described);
  const { planDays, planStarts } = await import('../schedules/plan.ts');
  if (schedule) {
    const { readyOf } = await import('../schedules/kept.ts');
    const stretch = { ...period, sinceMs: schedule.sinceMs };
    return all ? planDays(readyOf(schedule), stretch) : planStarts(readyOf(schedule), stretch);
  }
  const { dateAt } = await import('../schedules/starts.ts');
  const times = await byTemporal(home, described.scheduleId, period);
  return times.map((atMs) => ({ atMs, date: dateAt(atMs, zoneOf(described)) }));
}

function zoneOf({ action, memo }: ScheduleDescription): string {
  const zone = action.memo?.['zone'] ?? memo?.['zone'];
  return typeof zone === 'string' && zone !== '' ? zone : 'UTC';
}

/** The next days of one schedule, those without a start too. @throws ScheduleNotFoundError */
export async function outlookOf(home: Home, scheduleId: string, name: string, period: Period): Promise<ScheduleOutlook> {
  const described = await home.temporal.schedule.getHandle(scheduleId).describe();
  const days = await daysOf(home, described, period, true);
  return { name, zone: zoneOf(described), paused: described.state.paused, input: inputOf(described), days };
}

/**
 * Every start of every schedule of the installation, by time.
 * @param tell hears of each schedule that is left out because it cannot be read: one team's must not take the calendar from all others
 */
export async function calendarOf(home: Home, period: Period, tell: (unreadable: UnreadableSchedule) => void): Promise<CalendarEntry[]> {
  const { byTime } = await import('../schedules/entries.ts');
  const entries: CalendarEntry[] = [];
  for await (const batch of inBatches(await summariesOf(home), (one) => entriesOf(home, one, period, tell))) entries.push(...batch.flat());
  return entries.sort(byTime);
}

/** What a schedule's runs are about. One whose experiment this version cannot read is told by the labels that it was given. */
async function aboutOf({ action, memo }: ScheduleDescription, document: unknown) {
  try {
    const { nominalLengthMs } = await import('../schedules/entries.ts');
    const experiment = parseDocument(document);
    const { name, service, environment, owner } = experiment.metadata;
    return { experiment: name, service, environment, owner, lengthMs: nominalLengthMs(experiment) };
  } catch {
    const labels: Record<string, unknown> = { ...memo, ...action.memo };
    const text = (field: string): string => labelOf(labels, field);
    return { experiment: text('experiment'), service: '', environment: text('environment'), owner: text('owner'), lengthMs: 0 };
  }
}

async function entriesOf(
  home: Home,
  { scheduleId, memo }: ScheduleSummary,
  period: Period,
  tell: (unreadable: UnreadableSchedule) => void,
): Promise<CalendarEntry[]> {
  const name = labelOf(memo, 'name') || scheduleId;
  try {
    const described = await home.temporal.schedule.getHandle(scheduleId).describe();
    const about = { schedule: name, ...(await aboutOf(described, inputOf(described).document)), paused: described.state.paused };
    return (await daysOf(home, described, period, false)).flatMap(({ atMs, skipped }) =>
      atMs === undefined ? [] : [{ ...about, atMs, ...(skipped !== undefined && { skipped }) }],
    );
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return []; // lists lag behind: it was removed meanwhile
    const why = (error instanceof Error ? error.message : String(error)).slice(0, MOST_WHY);
    tell({ schedule: name, environment: labelOf(memo, 'environment'), owner: labelOf(memo, 'owner'), why });
    return [];
  }
}
