import { ScheduleNotFoundError, type Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { CalendarEntry, UnreadableSchedule } from '../../src/client.ts';
import { calendarOf } from '../../src/client/schedule-calendar.ts';
import { createCalendars } from '../../src/http/shared-calendar.ts';
import { schedule } from './files.ts';

const DAY_MS = 86_400_000;
const fromMs = Date.parse('2026-11-26T00:00:00Z');
const period = { fromMs, untilMs: fromMs + 14 * DAY_MS };
const memo = (name: string) => ({ breakwater: 'queue', name, environment: 'staging', owner: 'payments', experiment: 'e', zone: 'UTC' });

/** Temporal with schedules whose actions have these arguments; a function stands for what describing does instead. */
function temporalWith(schedules: Record<string, unknown[] | undefined | (() => never)>) {
  let [under, most] = [0, 0];
  const described = async (id: string) => {
    most = Math.max(most, ++under);
    await new Promise((done) => setTimeout(done, 5));
    under--;
    const args = schedules[id];
    if (typeof args === 'function') return args();
    return { scheduleId: id, memo: memo(id), state: { paused: false }, action: { ...(args && { args }) } };
  };
  const temporal = {
    options: { namespace: 'default' },
    schedule: {
      async *list() {
        await Promise.resolve();
        for (const scheduleId of Object.keys(schedules)) yield { scheduleId, memo: memo(scheduleId) };
      },
      getHandle: (id: string) => ({ describe: () => described(id) }),
    },
    workflowService: { listScheduleMatchingTimes: () => Promise.resolve({ startTime: [msToTs(fromMs + 3_600_000)] }) },
  } as unknown as Client;
  return { temporal, most: () => most };
}

const runOf = ({ document, experimentDocument }: ReturnType<typeof schedule>, changes: object = {}) => [
  { document: experimentDocument, requestedBy: 'ann', schedule: { name: 'n', document, calendars: {}, sinceMs: fromMs, ...changes } },
];

test('a schedule that nobody can read is left out and told; every other one is there, also one that starts runs with nothing', async () => {
  const good = runOf(schedule());
  const { temporal } = temporalWith({
    good,
    'no-terms': runOf(schedule(), { document: { kind: 'Schedule' } }),
    'no-description': () => {
      throw new TypeError('a payload of another version');
    },
    gone: () => {
      throw new ScheduleNotFoundError('gone', 'gone');
    },
    bare: undefined,
    'and-another': good,
  });
  const told: UnreadableSchedule[] = [];
  const entries = await calendarOf({ temporal, taskQueue: 'queue' }, period, (one) => told.push(one));
  expect([...new Set(entries.map((entry) => entry.schedule))].sort()).toEqual(['and-another', 'bare', 'good']);
  expect(entries.find((entry) => entry.schedule === 'bare')).toMatchObject({ environment: 'staging', owner: 'payments', lengthMs: 0 });
  expect(told.map((one) => one.schedule).sort()).toEqual(['no-description', 'no-terms']);
  expect(told.find((one) => one.schedule === 'no-description')).toMatchObject({
    ...{ environment: 'staging', owner: 'payments' },
    why: 'a payload of another version',
  });
});

test('several schedules are asked about at once, and not all', async () => {
  const { temporal, most } = temporalWith(Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`s${i}`, []])));
  expect(await calendarOf({ temporal, taskQueue: 'queue' }, period, () => undefined)).toHaveLength(25);
  expect(most()).toBe(10);
});

test('whoever asks for as many days within moments gets the same calendar, and one is computed at a time', async () => {
  let [asked, under] = [0, 0];
  const unreadable = { schedule: 's', environment: 'staging', owner: 'payments', why: 'no' };
  const said: UnreadableSchedule[] = [];
  const calendars = createCalendars(
    {
      async calendar({ fromMs: begin, untilMs }, tell): Promise<CalendarEntry[]> {
        asked++;
        expect(++under).toBe(1);
        await new Promise((done) => setTimeout(done, 10));
        under--;
        if (untilMs - begin === 2 * DAY_MS) throw new Error('away');
        tell(unreadable);
        return [];
      },
    },
    (one) => said.push(one),
  );
  const all = await Promise.allSettled([calendars(1), calendars(1), calendars(2), calendars(3), calendars(1)]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(await calendars(1)).toEqual({ entries: [], unreadable: [unreadable] });
  expect([asked, said.length]).toEqual([3, 2]);
  await expect(calendars(2)).rejects.toThrow('away'); // a failure serves nobody else
  expect(asked).toBe(4);
});
