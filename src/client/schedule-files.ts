import { ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleDescription } from '@temporalio/client';
import type { RunInput } from '../domain/run.ts';
import type { PlannedStart } from '../schedules/plan.ts';
import type { ReadSchedule } from '../schedules/read.ts';
import { ScheduleRefused } from './schedule-refused.ts';
import { startOptionsOf } from './starting.ts';

/** What applying a schedule file changes, or would change. */
export interface ScheduleChange {
  name: string;
  change: 'created' | 'updated' | 'unchanged';
  /** One line for each place that differs: `windows[0].from: "10:00" → "11:00"`. */
  diff: string[];
}

/** Where schedules are kept. */
interface Home {
  temporal: Client;
  taskQueue: string;
}

/** A start that was missed because Temporal was down is made up for only within this time, milliseconds: less would miss some while a server is busy. */
const CATCH_UP_MS = 60_000;
/** By this note a pause is told from a person's, which stays. */
const PAUSED_BY_FILE = 'paused by its file';

/** Rooms that know calendars and holidays take some 40 MB: they are loaded when they are wanted. */
const rooms = async () => {
  const [{ calendarsOf }, { describeTerms }, { differences }, kept, { horizonOf }, { scheduleDigest }, { makeReady }, { renew }] =
    await Promise.all([
      import('../schedules/calendars.ts'),
      import('../schedules/describe.ts'),
      import('../schedules/differences.ts'),
      import('../schedules/kept.ts'),
      import('../schedules/plan.ts'),
      import('../schedules/read.ts'),
      import('../schedules/ready.ts'),
      import('../schedules/renew.ts'),
    ]);
  return { calendarsOf, describeTerms, differences, ...kept, horizonOf, scheduleDigest, makeReady, renew };
};

type Rooms = Awaited<ReturnType<typeof rooms>>;

/** What is in force, as far as a file says it; undefined when there is no such schedule. @throws ScheduleRefused when it is not from a file */
async function inForce({ temporal, taskQueue }: Home, name: string, { scheduleId, keptInput }: Rooms) {
  try {
    const described = await temporal.schedule.getHandle(scheduleId(taskQueue, name)).describe();
    const input = keptInput(described as { action: { args?: unknown[] } });
    if (!input) throw new ScheduleRefused(`there is a schedule ${name} that is not from a file; remove it first`);
    return input;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

type Kept = NonNullable<Awaited<ReturnType<typeof inForce>>>;

function changeOf(read: ReadSchedule, kept: Kept | undefined, { differences }: Rooms): ScheduleChange {
  const wanted = { schedule: read.document, experiment: read.experimentDocument, calendars: read.calendars };
  const before = kept && { schedule: kept.schedule.document, experiment: kept.document, calendars: kept.schedule.calendars };
  const diff = before ? differences(before, wanted) : [];
  return { name: read.name, change: before ? (diff.length > 0 ? 'updated' : 'unchanged') : 'created', diff };
}

/** What `applyFile` would change. Touches nothing. @throws ScheduleRefused */
export async function diffFile(home: Home, read: ReadSchedule): Promise<ScheduleChange> {
  const all = await rooms();
  return changeOf(read, await inForce(home, read.name, all), all);
}

/**
 * Brings the schedule of a file into force. Safe to repeat: what is in force already is left alone, and a person's pause stays.
 * @param requestedBy in whose name its runs are started
 * @throws ScheduleRefused when nothing would ever begin, or the name belongs to a schedule that is not from a file
 */
export async function applyFile(home: Home, read: ReadSchedule, requestedBy: string): Promise<ScheduleChange> {
  const all = await rooms();
  const kept = await inForce(home, read.name, all);
  const change = changeOf(read, kept, all);
  const handle = home.temporal.schedule.getHandle(all.scheduleId(home.taskQueue, read.name));
  const nowMs = Date.now();
  if (change.change === 'unchanged') {
    await all.renew(home.temporal, handle.scheduleId, nowMs);
    return change;
  }
  const sinceMs = kept?.schedule.sinceMs ?? nowMs;
  const starts = all.horizonOf(all.makeReady(read.terms, read.calendars), { sinceMs, nowMs });
  if (starts.length === 0)
    throw new ScheduleRefused(`schedule ${read.name} would start nothing in three years; \`breakwater schedule preview\` shows why`);
  const options = optionsOf(home, read, { sinceMs, requestedBy, starts }, all);
  const pause = { paused: true, note: PAUSED_BY_FILE };
  if (kept) await handle.update(({ state }) => ({ ...options, state: stateOf(state, read.terms.paused, pause) }));
  else
    await home.temporal.schedule.create({
      ...options,
      scheduleId: handle.scheduleId,
      // Never changed by Temporal afterwards: what may change is read from the action.
      memo: { breakwater: home.taskQueue, name: read.name, from: 'file' },
      ...(read.terms.paused && { state: pause }),
    });
  return change;
}

/** Lays down the next starts of a schedule from a file, where they run out; leaves any other alone. */
export async function renewFile({ temporal, taskQueue }: Home, name: string): Promise<void> {
  const handle = temporal.schedule.getHandle(`${taskQueue}-${name}`);
  const { memo } = await handle.describe();
  if (memo?.['from'] === 'file') await (await rooms()).renew(temporal, handle.scheduleId, Date.now());
}

function stateOf(state: ScheduleDescription['state'], isToRest: boolean, pause: { paused: boolean; note: string }) {
  if (isToRest) return state.paused ? state : { ...state, ...pause };
  return state.paused && state.note === PAUSED_BY_FILE ? { ...state, paused: false, note: 'resumed by its file' } : state;
}

interface Given {
  sinceMs: number;
  requestedBy: string;
  starts: readonly PlannedStart[];
}

function optionsOf({ taskQueue }: Home, read: ReadSchedule, { sinceMs, requestedBy, starts }: Given, all: Rooms) {
  const { name, document, calendars, experiment, experimentDocument, terms } = read;
  const { metadata, fault } = experiment;
  const input: RunInput = {
    ...{ document: experimentDocument, requestedBy, timeScale: 1 },
    schedule: { name, document, calendars, sinceMs },
  };
  const start = startOptionsOf(experiment, requestedBy);
  const verb = fault.kind.split('-').at(-1) ?? fault.kind;
  const labels = { schedule: name, times: all.describeTerms(terms), zone: terms.windows[0]?.zone ?? 'UTC' };
  const action = {
    type: 'startWorkflow',
    workflowType: 'experiment',
    taskQueue,
    workflowId: [verb, metadata.name, metadata.environment, name].join('.'),
    args: [input],
    ...start,
    memo: {
      ...{ ...start.memo, ...labels, scheduleDigest: all.scheduleDigest(read) },
      ...{ experiment: metadata.name, environment: metadata.environment },
    },
  } as const;
  return {
    spec: { calendars: all.calendarsOf(starts), timezone: 'UTC' },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: terms.catchUp === 'off' ? CATCH_UP_MS : terms.catchUp },
    action,
  };
}
