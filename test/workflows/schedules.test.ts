import { setTimeout as delay } from 'node:timers/promises';
import type { RunResult } from '../../src/client.ts';
import { horizonOf } from '../../src/schedules/plan.ts';
import { makeReady } from '../../src/schedules/ready.ts';
import { schedule } from '../schedules/files.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { matching } from './harness/expectations.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const DAY_MS = 86_400_000;
/** Every day, all day but its last minute. */
const always = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '23:59', zone: 'UTC' }];

describeWithTemporal('schedules from files', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const described = ({ client, taskQueue }: Stage, name: string) => client.temporal.schedule.getHandle(`${taskQueue}-${name}`).describe();

  /** What Temporal itself says that it will start in a stretch. */
  async function startsByTemporal({ client, taskQueue }: Stage, name: string, fromMs: number, untilMs: number): Promise<number[]> {
    const time = (ms: number) => ({ seconds: Math.floor(ms / 1_000) as never, nanos: 0 });
    const { startTime } = await client.temporal.workflowService.listScheduleMatchingTimes({
      ...{ namespace: 'default', scheduleId: `${taskQueue}-${name}` },
      ...{ startTime: time(fromMs), endTime: time(untilMs) },
    });
    return startTime.map(({ seconds }) => Number(seconds) * 1_000);
  }

  test('applied, applied again, changed: Temporal starts what the plan says, and nothing else', () =>
    onStage(theatre, async (stage) => {
      const { schedules } = stage.client;
      const read = schedule({
        atMost: { runs: 2, per: 'week' },
        skip: {
          blackouts: [
            { day: 'black-friday', days: 4, zone: 'Europe/Berlin' },
            { holidays: 'DE', state: 'BE', zone: 'Europe/Berlin' },
          ],
        },
      });
      expect(await schedules.diff(read)).toEqual({ name: 'weekdays', change: 'created', diff: [] });
      expect(await schedules.apply(read, 'ann')).toMatchObject({ change: 'created' });
      expect(await schedules.apply(read, 'bob')).toEqual({ name: 'weekdays', change: 'unchanged', diff: [] });
      const nowMs = Date.now() + 60_000; // nothing that is due within the test
      const planned = (of: typeof read) => horizonOf(makeReady(of.terms, of.calendars), { sinceMs: nowMs - 60_000, nowMs });
      const all = planned(read).map(({ atMs }) => atMs);
      const { info, state } = await described(stage, 'weekdays');
      expect(info.nextActionTimes.map((time) => time.getTime())).toEqual(all.slice(0, 10));
      expect(await startsByTemporal(stage, 'weekdays', nowMs, nowMs + 600 * DAY_MS)).toEqual(all.filter((ms) => ms < nowMs + 600 * DAY_MS));
      expect(state.paused).toBe(false);
      expect(await schedules.show('weekdays')).toMatchObject({
        ...{ times: matching(/at most 2 a week/), requestedBy: 'ann' },
        owner: 'payments',
      });
      await schedules.pause('weekdays', 'paused by bob');
      const later = schedule({ start: { at: '11:30' } });
      expect(await schedules.diff(later)).toMatchObject({
        change: 'updated',
        diff: expect.arrayContaining(['schedule.start: nothing → {"at":"11:30"}']) as string[],
      });
      expect(await schedules.apply(later, 'cleo')).toMatchObject({ change: 'updated' });
      const after = await described(stage, 'weekdays');
      expect(after.state).toMatchObject({ paused: true, note: 'paused by bob' });
      expect(await startsByTemporal(stage, 'weekdays', nowMs, nowMs + 50 * DAY_MS)).toEqual(
        planned(later)
          .map(({ atMs }) => atMs)
          .filter((ms) => ms < nowMs + 50 * DAY_MS),
      );
      await schedules.remove('weekdays');
    }));

  test('the pause of a file comes and goes with it; a name that is taken and a schedule that never starts are refused', () =>
    onStage(theatre, async (stage) => {
      const { schedules } = stage.client;
      await schedules.apply(schedule({ paused: true }), 'ann');
      expect(await schedules.show('weekdays')).toMatchObject({ paused: true, note: 'paused by its file' });
      await schedules.apply(schedule(), 'ann');
      expect(await schedules.show('weekdays')).toMatchObject({ paused: false });
      await schedules.remove('weekdays');
      const never = schedule({ windows: [{ rrule: 'FREQ=DAILY;COUNT=1', start: '2020-01-01T10:00', duration: '1h', zone: 'UTC' }] });
      await expect(schedules.apply(never, 'ann')).rejects.toMatchObject({
        name: 'ScheduleRefused',
        message: matching(/would start nothing/),
      });
      await schedules.add({ document: experimentDocument(), requestedBy: 'ann', name: 'weekdays', cron: '0 10 1 1 *', zone: 'UTC' });
      await expect(schedules.apply(schedule(), 'ann')).rejects.toMatchObject({
        name: 'ScheduleRefused',
        message: matching(/not from a file/),
      });
      await schedules.remove('weekdays');
    }));
});
