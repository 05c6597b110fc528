import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import type { RunInput } from '../domain/run.ts';
import { parseDocument } from '../language/experiment.ts';
import type { ReadSchedule } from '../schedules/read.ts';
import type { CalendarEntry } from '../schedules/entries.ts';
import { calendarOf, outlookOf, type Period, type ScheduleOutlook, type UnreadableSchedule } from './schedule-calendar.ts';
import { applyFile, diffFile, renewFile, type ScheduleChange } from './schedule-files.ts';
import { pageOf, type ScheduleQuery, type SchedulesPage } from './schedule-list.ts';
import { ScheduleRefused } from './schedule-refused.ts';
import { viewOf, type ScheduleView } from './schedule-view.ts';
import { startOptionsOf, type StartOptions } from './starting.ts';

/** What a schedule starts, and when. */
export interface ScheduleRequest extends Pick<StartOptions, 'document' | 'requestedBy' | 'seed' | 'timeScale'> {
  name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: string;
  /** IANA time zone in which the fields are meant. */
  zone: string;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** The janitor's own schedule has this name. */
const JANITOR = 'janitor';
/** The second is a route of the API. */
const RESERVED: readonly string[] = [JANITOR, 'calendar'];
/** A start that was missed because Temporal was down is made up for only within this time; the run itself refuses what is not fresh. */
const CATCH_UP = '1m';
const POLICIES = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP } as const;

const idOf = (taskQueue: string, name: string): string => `${taskQueue}-${name}`;

function checkName(name: string): void {
  if (!NAME.test(name) || RESERVED.includes(name))
    throw new ScheduleRefused(
      `'${name.slice(0, 80)}' is no name of a schedule: lower-case letters, digits and hyphens, and not ${RESERVED.join(' or ')}, which are taken`,
    );
}

function checkTimes({ cron, zone }: ScheduleRequest): void {
  if (cron.trim().split(/\s+/).length !== 5)
    throw new ScheduleRefused(`'${cron.slice(0, 80)}' is no cron line of five fields, such as "0 10 * * 2" (Tuesdays at 10:00)`);
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw new ScheduleRefused(`'${zone.slice(0, 80)}' is no IANA time zone, such as Europe/Berlin`);
  }
}

/** The doors to schedules of experiments: chaos windows. Every run that a schedule starts passes every check by itself. */
export class Schedules {
  readonly temporal: Client;
  readonly taskQueue: string;
  constructor(temporal: Client, taskQueue: string) {
    this.temporal = temporal;
    this.taskQueue = taskQueue;
  }

  /**
   * Adds a schedule.
   * @throws ZodError when the document is not an experiment; ScheduleRefused when the name is taken or the times are none
   */
  async add(request: ScheduleRequest): Promise<ScheduleView> {
    checkName(request.name);
    checkTimes(request);
    const { document, seed, timeScale, name, cron, zone, requestedBy } = request;
    const experiment = parseDocument(document);
    const { metadata, fault } = experiment;
    // No seed and no issue: each start draws its own, and is as fresh as its nominal time.
    const input: RunInput = { document, requestedBy, timeScale: timeScale ?? 1, ...(seed !== undefined && { seed }) };
    const verb = fault.kind.split('-').at(-1) ?? fault.kind;
    try {
      await this.temporal.schedule.create({
        scheduleId: idOf(this.taskQueue, name),
        spec: { cronExpressions: [cron], timezone: zone },
        policies: POLICIES,
        memo: {
          ...{ breakwater: this.taskQueue, name, cron, zone, experiment: metadata.name, requestedBy },
          ...{ environment: metadata.environment, owner: metadata.owner },
        },
        action: {
          type: 'startWorkflow',
          workflowType: 'experiment',
          taskQueue: this.taskQueue,
          workflowId: [verb, metadata.name, metadata.environment, name].join('.'),
          args: [input],
          ...startOptionsOf(experiment, requestedBy),
        },
      });
    } catch (error) {
      if (error instanceof ScheduleAlreadyRunning) throw new ScheduleRefused(`there is a schedule ${name} already; remove it first`);
      throw refusedByServer(error, cron);
    }
    return this.show(name);
  }

  /**
   * Brings the schedule of a file into force. Safe to repeat: what is in force already is left alone, and a person's pause stays.
   * @param requestedBy in whose name its runs are started
   * @throws ScheduleRefused when nothing would ever begin, or the name belongs to a schedule that is not from a file
   */
  apply(read: ReadSchedule, requestedBy: string): Promise<ScheduleChange> {
    return applyFile(this, read, requestedBy);
  }

  /** What `apply` would change. Touches nothing. @throws ScheduleRefused when the name belongs to a schedule that is not from a file */
  diff(read: ReadSchedule): Promise<ScheduleChange> {
    return diffFile(this, read);
  }

  /** The next days of a schedule: its starts, and why there is none. @throws ScheduleNotFoundError */
  outlook(name: string, period: Period): Promise<ScheduleOutlook> {
    return outlookOf(this, this.handle(name).scheduleId, name, period);
  }

  /**
   * Every start of every schedule of this task queue, by time.
   * @param tell hears of each schedule that cannot be read; it is left out
   */
  calendar(period: Period, tell: (unreadable: UnreadableSchedule) => void = () => undefined): Promise<CalendarEntry[]> {
    return calendarOf(this, period, tell);
  }

  /** Every schedule of this task queue, by name. */
  async list(): Promise<ScheduleView[]> {
    return (await this.page({ limit: Infinity })).schedules;
  }

  /** Some of the schedules of this task queue, by name. */
  page(query: ScheduleQuery): Promise<SchedulesPage> {
    return pageOf(this, query);
  }

  async show(name: string): Promise<ScheduleView> {
    return viewOf(name, await this.handle(name).describe());
  }

  async pause(name: string, note: string): Promise<ScheduleView> {
    await this.handle(name).pause(note);
    return this.show(name);
  }

  async resume(name: string, note: string): Promise<ScheduleView> {
    await this.handle(name).unpause(note);
    await renewFile(this, name); // one that rested for long has no starts left
    return this.show(name);
  }

  /** Starts one run now; it passes every check as any other. */
  async trigger(name: string): Promise<ScheduleView> {
    await this.handle(name).trigger(ScheduleOverlapPolicy.SKIP);
    return this.show(name);
  }

  async remove(name: string): Promise<void> {
    await this.handle(name).delete();
  }

  private handle(name: string) {
    checkName(name);
    return this.temporal.schedule.getHandle(idOf(this.taskQueue, name));
  }
}

/** The SDK tells what the server does not take as a TypeError; anything else stays what it was. */
const refusedByServer = (error: unknown, cron: string): unknown =>
  error instanceof TypeError ? new ScheduleRefused(`Temporal takes no schedule '${cron}': ${error.message}`) : error;

const janitorOptions = (taskQueue: string, everyMs: number): Omit<ScheduleOptions, 'scheduleId'> => ({
  spec: { intervals: [{ every: everyMs }] },
  policies: POLICIES,
  action: {
    type: 'startWorkflow',
    workflowType: 'janitor',
    taskQueue,
    workflowId: idOf(taskQueue, JANITOR),
    args: [{ act: true }],
    workflowExecutionTimeout: '10m',
    staticSummary: 'janitor: undoes what nobody holds any more',
  },
});

/** Creates the janitor's schedule, or brings it up to date; one that a person paused stays paused. Safe when several do it at once. */
export async function installJanitor(temporal: Client, taskQueue: string, everyMs: number): Promise<void> {
  const [scheduleId, options] = [idOf(taskQueue, JANITOR), janitorOptions(taskQueue, everyMs)];
  try {
    await temporal.schedule.create({ scheduleId, ...options });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { memo: _memo, ...rest } = options;
    await temporal.schedule.getHandle(scheduleId).update(({ state }) => ({ ...rest, state }));
  }
}

/** Whether the janitor's schedule rests; undefined when there is none. */
export async function describeJanitor(temporal: Client, taskQueue: string): Promise<{ isPaused: boolean } | undefined> {
  try {
    const { state } = await temporal.schedule.getHandle(idOf(taskQueue, JANITOR)).describe();
    return { isPaused: state.paused };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
