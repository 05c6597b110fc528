import { setTimeout as delay } from 'node:timers/promises';
import type { RunResult } from '../../src/client.ts';
import { horizonOf } from '../../src/schedules/plan.ts';
import { makeReady } from '../../src/schedules/ready.ts';
import { renew } from '../../src/schedules/renew.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import type { Remaining } from '../../src/domain/budget.ts';
import type { ReadSchedule } from '../../src/schedules/read.ts';
import { schedule } from '../schedules/files.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { matching } from './harness/expectations.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const DAY_MS = 86_400_000;
const daysOfWeek = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** Every day, all day but its last minute. */
const always = [{ days: daysOfWeek, from: '00:00', to: '23:59', zone: 'UTC' }];

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

  test.each([
    ['Europe/Berlin', { days: daysOfWeek, from: '01:30', to: '03:30' }],
    ['America/Havana', { days: daysOfWeek, from: '23:00', to: '01:30' }],
    ['Australia/Lord_Howe', { days: ['sun'], from: '01:00', to: '02:45' }],
    ['Africa/Cairo', { rrule: 'FREQ=MONTHLY;BYDAY=-1FR', start: '2026-01-01T00:30', duration: '90m' }],
    ['Asia/Kathmandu', { rrule: 'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH', start: '2026-01-01T09:10', duration: '3h' }],
  ])('%s: where clocks change, too, Temporal starts what the plan says', (zone, window) =>
    onStage(theatre, async (stage) => {
      for (const start of ['random', 'begin']) {
        const read = schedule({ windows: [{ ...window, zone }], start });
        await stage.client.schedules.apply(read, 'ann');
        const nowMs = Date.now() + 60_000;
        const planned = horizonOf(makeReady(read.terms, read.calendars), { sinceMs: nowMs - 60_000, nowMs }).map(({ atMs }) => atMs);
        const untilMs = nowMs + 200 * DAY_MS;
        expect(await startsByTemporal(stage, 'weekdays', nowMs, untilMs)).toEqual(planned.filter((ms) => ms < untilMs));
      }
      await stage.client.schedules.remove('weekdays');
    }),
  );

  test('a calendar shows schedules from files and those by a cron line, also one whose experiment nobody can read any more', () =>
    onStage(theatre, async (stage) => {
      const { schedules, temporal } = stage.client;
      await schedules.apply(schedule({ start: { at: '11:00' }, atMost: { runs: 1, per: 'week' } }), 'ann');
      await schedules.add({
        document: experimentDocument(),
        requestedBy: 'ann',
        name: 'tuesdays',
        cron: '0 10 * * 2',
        zone: 'Europe/Berlin',
      });
      await temporal.schedule.getHandle(`${stage.taskQueue}-tuesdays`).update(({ spec, action, state, policies }) => ({
        ...{ spec, state, policies },
        action: { ...action, args: [{ document: { kind: 'Experiment' } }] },
      }));
      const period = { fromMs: Date.now() + 60_000, untilMs: Date.now() + 21 * DAY_MS };
      let entries = await schedules.calendar(period);
      for (let looks = 0; looks < 50 && new Set(entries.map((entry) => entry.schedule)).size < 2; looks++) {
        await delay(200); // visibility lags
        entries = await schedules.calendar(period);
      }
      expect(entries.map(({ atMs }) => atMs)).toEqual(entries.map(({ atMs }) => atMs).sort((a, b) => a - b));
      const of = (name: string) => entries.filter((entry) => entry.schedule === name);
      expect(of('tuesdays')).toHaveLength(3);
      for (const entry of of('tuesdays'))
        expect(entry).toMatchObject({ experiment: 'payment-worker', environment: 'staging', owner: 'payments' });
      expect(
        of('weekdays')
          .filter(({ skipped }) => skipped === undefined)
          .map(({ atMs }) => atMs),
      ).toEqual(await startsByTemporal(stage, 'weekdays', period.fromMs, period.untilMs));
      expect(of('weekdays').some(({ skipped }) => skipped?.startsWith('at most 1 a week'))).toBe(true);
      await schedules.remove('weekdays');
      await schedules.remove('tuesdays');
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

  describe('a start that has come', () => {
    /** Runs of these schedules that have ended, oldest first. */
    async function ended({ client, taskQueue }: Stage, count: number): Promise<RunResult[]> {
      const query = `TaskQueue = '${taskQueue}' AND WorkflowType = 'experiment' AND ExecutionStatus != 'Running'`;
      for (let looks = 0; looks < 300; looks++) {
        const ids: string[] = [];
        for await (const { workflowId } of client.temporal.workflow.list({ query })) ids.push(workflowId);
        if (ids.length >= count) return Promise.all(ids.map((id) => client.temporal.workflow.getHandle(id).result() as Promise<RunResult>));
        await delay(200);
      }
      throw new Error(`there are no ${count} runs`);
    }
    const counter = { kind: 'http', url: 'http://127.0.0.1:9/n', read: { jsonPath: '$.n' } };
    const withSlo = experimentDocument({ slo: { payments: { objective: '99.9%', good: counter, total: counter } } });
    const injections = ({ site }: Stage): number => site.of('injectFault').length;

    /** Applies schedules and makes each start a run now. */
    async function trigger(stage: Stage, ...all: ReadSchedule[]): Promise<void> {
      const { schedules } = stage.client;
      for (const read of all) await schedules.apply(read, 'ann');
      await Promise.all(all.map(({ name }) => schedules.trigger(name)));
    }

    test('runs with every check, and is on record with its schedule', () =>
      onStage(theatre, async (stage) => {
        await trigger(
          stage,
          schedule({ windows: always, atMost: { runs: 1, per: 'month' }, experiment: withSlo, skip: { budgetBelow: '50%' } }),
        );
        const [run] = await ended(stage, 1);
        expect(run).toMatchObject({ verdict: 'passed', workflowId: matching(/^pause\.payment-worker\.staging\.weekdays-/) });
        expect(injections(stage)).toBe(1);
        const events = await stage.records.events(run!.workflowId);
        expect(events.find(({ kind }) => kind === 'schedule')?.data).toEqual({ schedule: 'weekdays', wanted: true });
        await stage.client.schedules.remove('weekdays');
      }));

    test.each<[string, Record<string, unknown>, RegExp]>([
      ['outside of its windows', {}, /outside of its windows: the next one begins at 2026-11-30T09:00:00Z/],
      [
        'in a blackout',
        {
          windows: always,
          skip: {
            blackouts: [
              { holidays: 'DE', zone: 'Europe/Berlin' },
              { day: 'christmas-eve', zone: 'UTC' },
            ],
          },
        },
        /blackout/,
      ],
    ])('%s it is skipped, says why, and touches nobody', (_what, changes, why) =>
      onStage(
        theatre,
        async (stage) => {
          await trigger(stage, schedule(changes));
          const [run] = await ended(stage, 1);
          expect(run).toMatchObject({ verdict: 'denied', reason: matching(why), victims: [] });
          expect(run!.reason).toMatch(/^schedule-skipped: /);
          expect((await stage.records.findRun(run!.workflowId))?.reason).toBe(run!.reason);
          expect(injections(stage)).toBe(0);
          await stage.client.schedules.remove('weekdays');
        },
        { nowMs: () => Date.parse(why.source === 'blackout' ? '2026-12-25T11:00:00Z' : '2026-11-28T11:00:00Z') },
      ),
    );

    test.each<[string, () => Promise<Record<string, Remaining>>, RegExp]>([
      ['too little', () => Promise.resolve({ payments: { left: 0.49 } }), /49% is left of the error budget of payments, below 50%/],
      ['nobody knows how much', () => Promise.resolve({ payments: { unknown: 'total is 0: no events' } }), /cannot be told: total is 0/],
      ['no answer', () => Promise.reject(new Error('the site is away')), /could not be asked for: .*the site is away/],
    ])('with %s of the error budget it is skipped, and takes no place', (_what, answer, why) =>
      onStage(theatre, async (stage) => {
        let isLow = true;
        stage.site.on('measureBudgets', (_input, usual) => (isLow ? answer() : usual()));
        const read = schedule({ windows: always, experiment: withSlo, atMost: { runs: 1, per: 'day' }, skip: { budgetBelow: '50%' } });
        await trigger(stage, read);
        expect(await ended(stage, 1)).toMatchObject([{ verdict: 'denied', reason: matching(why) }]);
        expect(injections(stage)).toBe(0);
        isLow = false;
        await delay(1_100); // Temporal names runs by the second
        await stage.client.schedules.trigger('weekdays');
        expect((await ended(stage, 2)).map(({ verdict }) => verdict).sort()).toEqual(['denied', 'passed']);
        await stage.client.schedules.remove('weekdays');
      }),
    );

    test('of four schedules of a service that fire at once, as many run as may', () =>
      onStage(theatre, async (stage) => {
        const atMost = { runs: 2, per: 'week', of: 'service' };
        const all = ['one', 'two', 'three', 'four'].map((name) =>
          schedule({
            metadata: { name, owner: 'payments' },
            windows: always,
            atMost,
            experiment: experimentDocument({ waves: [{ name: 'dry-run', dryRun: true }] }),
          }),
        );
        await trigger(stage, ...all);
        const runs = await ended(stage, 4);
        const skipped = runs.filter(({ verdict }) => verdict === 'denied');
        expect(skipped.length).toBe(2);
        for (const { reason } of skipped)
          expect(reason).toMatch(/^schedule-skipped: at most 2 a week, and \d{4}-W\d\d has had pause\.payment-worker\.staging\./);
        for (const { name } of all) await stage.client.schedules.remove(name);
      }));

    test('records that do not answer skip it', () => {
      const records = createMemoryRecords();
      records.claimStart = () => Promise.reject(new Error('connect ECONNREFUSED'));
      return onStage(
        theatre,
        async (stage) => {
          await trigger(stage, schedule({ windows: always, atMost: { runs: 1, per: 'day' } }));
          expect(await ended(stage, 1)).toMatchObject([
            { verdict: 'denied', reason: matching(/how many starts there were could not be asked for/) },
          ]);
          await stage.client.schedules.remove('weekdays');
        },
        { records },
      );
    });

    test('lays down what comes next; a pause that came meanwhile is never lost', () =>
      onStage(theatre, async (stage) => {
        const { schedules } = stage.client;
        await schedules.apply(schedule({ windows: always }), 'ann');
        const handle = stage.client.temporal.schedule.getHandle(`${stage.taskQueue}-weekdays`);
        const before = await described(stage, 'weekdays');
        // Almost all of it is used up.
        await handle.update(({ spec, action, state, policies }) => ({
          ...{ action: action, state, policies },
          spec: { calendars: spec.calendars!.slice(0, 5), timezone: 'UTC' },
        }));
        expect((await described(stage, 'weekdays')).spec.calendars).toHaveLength(5);
        await schedules.trigger('weekdays');
        await ended(stage, 1);
        const after = await described(stage, 'weekdays');
        expect(after.info.nextActionTimes).toEqual(before.info.nextActionTimes);
        // What was read before somebody paused it cannot be written back.
        await schedules.pause('weekdays', 'paused by bob');
        const { client } = stage;
        const late = {
          schedule: { getHandle: () => ({ describe: () => Promise.resolve(after) }) },
          workflowService: client.temporal.workflowService,
          options: client.temporal.options,
        } as unknown as typeof client.temporal;
        expect(await renew(late, handle.scheduleId, Date.now() + 900 * DAY_MS)).toBe(true); // taken by the server, which drops it later
        await delay(2_000);
        const last = await described(stage, 'weekdays');
        expect(last.state).toMatchObject({ paused: true, note: 'paused by bob' });
        expect(last.spec.calendars).toEqual(after.spec.calendars);
        expect(after.spec.calendars!.length).toBeGreaterThanOrEqual(before.spec.calendars!.length - 1);
        await schedules.remove('weekdays');
      }));

    test('lays down what comes next also when it is denied at once, whatever it was started with', () =>
      onStage(theatre, async (stage) => {
        const { schedules } = stage.client;
        await schedules.apply(schedule({ windows: always }), 'ann');
        const handle = stage.client.temporal.schedule.getHandle(`${stage.taskQueue}-weekdays`);
        const before = await described(stage, 'weekdays');
        await handle.update(({ spec, action, state, policies }) => ({
          ...{ state, policies },
          action: { ...action, args: [{ ...(action.args![0] as object), document: { kind: 'Experiment' } }] },
          spec: { calendars: spec.calendars!.slice(0, 5), timezone: 'UTC' },
        }));
        await schedules.trigger('weekdays');
        expect(await ended(stage, 1)).toMatchObject([{ verdict: 'denied', reason: matching(/experiment is not valid/) }]);
        expect((await described(stage, 'weekdays')).info.nextActionTimes).toEqual(before.info.nextActionTimes);
        await schedules.remove('weekdays');
      }));
  });
});
