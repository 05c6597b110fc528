import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import type { RunResult } from '../../src/client.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { containing, countEvents, matching } from './harness/expectations.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000];

describeWithTemporal('however a run is started', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  /** Starts it as Temporal's own CLI and Web do: any id, any input, no labels. */
  const startAs = async ({ client, taskQueue }: Stage, input: unknown[], workflowId = `raw.${randomUUID()}`) =>
    client.temporal.workflow.start('experiment', { taskQueue, workflowId, args: input as [never] });
  const resultOf = async (stage: Stage, input: unknown[], workflowId?: string): Promise<RunResult> => {
    const handle = await startAs(stage, input, workflowId);
    const result = (await handle.result()) as RunResult;
    expect((await countEvents(stage, handle.workflowId))['WORKFLOW_TASK_FAILED']).toBeUndefined();
    return result;
  };
  const injections = ({ site }: Stage): number => site.of('injectFault').length;

  test('what is no experiment is denied, and fails no workflow task', () =>
    onStage(theatre, async (stage) => {
      const document = experimentDocument();
      const huge = { ...document, hypothesis: 'x'.repeat(1_900_000) };
      const good = { document, requestedBy: 'ann' };
      const nested = JSON.parse(`${'['.repeat(2_000)}1${']'.repeat(2_000)}`) as unknown;
      const wrong: [unknown[], RegExp][] = [
        [[], /input is not valid/],
        [[null], /input is not valid/],
        [['{ "document": 1 }'], /input is not valid/],
        [[[good]], /input is not valid/],
        [[{ ...good, requestedBy: '' }], /requestedBy/],
        [[{ ...good, seed: -1 }], /seed/],
        [[{ ...good, timeScale: 0 }], /timeScale/],
        [[{ ...good, sudo: true }], /sudo/],
        [[{ ...good, document: {} }], /experiment is not valid/],
        [[{ ...good, document: nested }], /experiment is not valid/],
        [[{ ...good, document: huge }], /has \d+ bytes, and at most/],
        [[{ ...good, expectedDigest: 'f00' }], /not the one that was asked for/],
        [[JSON.parse(`{"__proto__":{"requestedBy":"eve"},"document":${JSON.stringify(document)}}`)], /input is not valid/],
        [[{ ...good, document: JSON.parse(`{"__proto__":{"kind":"Experiment"},"hypothesis":"x"}`) as unknown }], /experiment is not valid/],
      ];
      for (const [input, reason] of wrong)
        expect(await resultOf(stage, input)).toMatchObject({ verdict: 'denied', reason: matching(reason) });
      expect(stage.site.calls).toEqual([]);
    }));

  test('an id that no command could name is denied', () =>
    onStage(theatre, async (stage) => {
      for (const id of [`a/b/../${randomUUID()}`, `white space ${randomUUID()}`, `ünï-${randomUUID()}`])
        expect(await resultOf(stage, [{ document: experimentDocument(), requestedBy: 'ann' }], id)).toMatchObject({
          verdict: 'denied',
          reason: containing('no id of a run'),
        });
      expect(stage.site.calls).toEqual([]);
    }));

  test('a start by hand runs with every check, draws the same seed again, and labels itself so that a halt finds it', () =>
    onStage(theatre, async (stage) => {
      const { client, taskQueue, records } = stage;
      const handle = await startAs(stage, [{ document: experimentDocument(), requestedBy: 'ann' }]);
      expect(await handle.result()).toMatchObject({ verdict: 'passed' });
      const { typedSearchAttributes } = await handle.describe();
      const labels = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
      expect(labels).toMatchObject({
        BreakwaterExperiment: 'payment-worker',
        BreakwaterService: 'payments',
        BreakwaterEnvironment: 'staging',
        BreakwaterOwner: 'payments',
        BreakwaterStartedBy: 'ann',
      });
      const { seed } = (await records.findRun(handle.workflowId))!;
      expect(seed).toBeGreaterThan(0);
      // Labels that are not the document's are corrected: nobody hides from a halt.
      const lying = await client.temporal.workflow.start('experiment', {
        taskQueue,
        workflowId: `raw.${randomUUID()}`,
        args: [{ document: experimentDocument(), requestedBy: 'ann' }] as [never],
        searchAttributes: { BreakwaterEnvironment: ['sandbox'] },
      });
      await lying.result();
      expect((await lying.describe()).searchAttributes['BreakwaterEnvironment']).toEqual(['staging']);
    }));

  test('the client’s own run has no event more than it needs', () =>
    onStage(theatre, async (stage) => {
      const id = await stage.start();
      await stage.verdict(id);
      expect((await countEvents(stage, id))['MARKER_RECORDED']).toBeGreaterThan(0);
      const { events } = await stage.client.temporal.workflow.getHandle(id).fetchHistory();
      expect(JSON.stringify(events)).not.toContain('a-run-labels-itself');
    }));

  test('“start like this one” is denied, and so is a request that lay about for a day', () =>
    onStage(theatre, async (stage) => {
      const first = await stage.start();
      await stage.verdict(first);
      const before = injections(stage);
      const { events } = await stage.client.temporal.workflow.getHandle(first).fetchHistory();
      const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      const input = JSON.parse(Buffer.from(payload!.data!).toString()) as { issued: { workflowId: string; atMs: number } };
      expect(input.issued).toEqual({ workflowId: first, atMs: expect.any(Number) as number });
      expect(await resultOf(stage, [input])).toMatchObject({
        verdict: 'denied',
        reason: matching(/a copy of a run .* plan and start it anew/),
      });
      const id = `raw.${randomUUID()}`;
      for (const atMs of [Date.now() - DAY_MS - MINUTE_MS, Date.now() + DAY_MS + MINUTE_MS, 0])
        expect(await resultOf(stage, [{ ...input, issued: { workflowId: id, atMs } }], id)).toMatchObject({
          verdict: 'denied',
          reason: matching(/min ago.* plan and start it anew/),
        });
      expect(injections(stage)).toBe(before);
      expect(await resultOf(stage, [{ ...input, issued: { workflowId: id, atMs: Date.now() } }], id)).toMatchObject({ verdict: 'passed' });
    }));

  describe('by a schedule', () => {
    /** Waits until the schedule has taken so many actions and all of its runs have ended. */
    const endedRuns = async ({ client, taskQueue }: Stage, count: number): Promise<RunResult[]> => {
      const query = `TaskQueue = '${taskQueue}' AND WorkflowType = 'experiment' AND ExecutionStatus != 'Running'`;
      for (;;) {
        const ids: string[] = [];
        for await (const { workflowId } of client.temporal.workflow.list({ query })) ids.push(workflowId);
        if (ids.length >= count) return Promise.all(ids.map((id) => client.temporal.workflow.getHandle(id).result() as Promise<RunResult>));
        await delay(200);
      }
    };

    test('a trigger runs once, with every check, under an id that reads', () =>
      onStage(theatre, async (stage) => {
        const { schedules } = stage.client;
        const view = await schedules.add({
          document: experimentDocument(),
          requestedBy: 'ann',
          name: 'tuesdays',
          cron: '0 10 1 1 *',
          zone: 'Europe/Berlin',
        });
        expect(view).toMatchObject({ name: 'tuesdays', cron: '0 10 1 1 *', zone: 'Europe/Berlin', requestedBy: 'ann', paused: false });
        expect(new Date(view.nextMs[0]!).toISOString()).toMatch(/-01-01T09:00:00/);
        await schedules.trigger('tuesdays');
        const [run] = await endedRuns(stage, 1);
        expect(run).toMatchObject({ verdict: 'passed', workflowId: matching(/^pause\.payment-worker\.staging\.tuesdays-[\d:TZ-]+$/) });
        expect(injections(stage)).toBe(1);
        const state = await stage.client.status(run!.workflowId);
        expect(state.phase).toBe('closed');
        await schedules.remove('tuesdays');
        await expect(schedules.show('tuesdays')).rejects.toMatchObject({ name: 'ScheduleNotFoundError' });
      }));

    test(
      'a backfill over 30 days runs at most what is fresh; the rest is denied',
      () =>
        onStage(theatre, async (stage) => {
          const { client } = stage;
          const now = new Date(Date.now() - MINUTE_MS);
          const name = 'daily';
          await client.schedules.add({
            document: experimentDocument(),
            requestedBy: 'ann',
            name,
            cron: `${now.getUTCMinutes()} ${now.getUTCHours()} * * *`,
            zone: 'UTC',
          });
          const handle = client.temporal.schedule.getHandle(`${stage.taskQueue}-${name}`);
          const [start, end] = [new Date(now.getTime() - 30 * DAY_MS - MINUTE_MS), new Date()];
          await handle.backfill({ start, end, overlap: ScheduleOverlapPolicy.ALLOW_ALL });
          const runs = await endedRuns(stage, 31);
          const fresh = runs.filter(({ verdict }) => verdict !== 'denied');
          expect(fresh).toMatchObject([{ verdict: 'passed' }]);
          expect(injections(stage)).toBe(1);
          for (const { verdict, reason } of runs)
            if (verdict === 'denied') expect(reason).toMatch(/^a backfilled or late start is not fresh: its time was 20.* min ago/);
          await client.schedules.remove(name);
        }),
      120_000,
    );

    test('a window that is shut denies a triggered run as any other', () =>
      onStage(
        theatre,
        async (stage) => {
          const windows = [{ days: ['mon'], from: '10:00', to: '10:01', zone: 'UTC' }];
          await stage.client.schedules.add({
            document: experimentDocument({ windows }),
            requestedBy: 'ann',
            name: 'shut',
            cron: '0 10 1 1 *',
            zone: 'UTC',
          });
          await stage.client.schedules.trigger('shut');
          expect(await endedRuns(stage, 1)).toMatchObject([{ verdict: 'denied', reason: containing('window') }]);
          await stage.client.schedules.remove('shut');
        },
        { nowMs: () => Date.parse('2026-11-24T12:00:00Z') },
      ));

    test('are listed, paused and resumed; what is none is refused', () =>
      onStage(theatre, async (stage) => {
        const { schedules } = stage.client;
        const request = { document: experimentDocument(), requestedBy: 'ann', name: 'one', cron: '0 10 1 1 *', zone: 'UTC' };
        await schedules.add(request);
        await expect(schedules.add(request)).rejects.toThrow(/there is a schedule one already/);
        for (const [change, message] of [
          [{ name: 'a/b' }, /no name of a schedule/],
          [{ name: 'janitor' }, /taken/],
          [{ cron: 'daily' }, /five fields/],
          [{ cron: '99 99 * * *' }, /Temporal takes no schedule/],
          [{ zone: 'Mars/Base' }, /IANA/],
        ] as const)
          await expect(schedules.add({ ...request, name: 'two', ...change })).rejects.toMatchObject({
            name: 'ScheduleRefused',
            message: matching(message),
          });
        await expect(schedules.add({ ...request, name: 'two', document: {} })).rejects.toMatchObject({ name: 'ZodError' });
        expect(await schedules.pause('one', 'paused by bob')).toMatchObject({ paused: true, note: 'paused by bob' });
        expect(await schedules.resume('one', 'resumed by bob')).toMatchObject({ paused: false });
        for (let i = 0; i < 50 && (await schedules.list()).length === 0; i++) await delay(200); // visibility lags
        expect(await schedules.list()).toMatchObject([{ name: 'one', experiment: 'payment-worker' }]);
        await schedules.remove('one');
      }));
  });

  test('the janitor’s schedule is installed as often as one likes, and stays paused when somebody paused it', () =>
    onStage(theatre, async (stage) => {
      const { client, taskQueue } = stage;
      await Promise.all([client.installJanitor(3_600_000), client.installJanitor(3_600_000)]);
      const handle = client.temporal.schedule.getHandle(`${taskQueue}-janitor`);
      await handle.pause('maintenance');
      // Temporal takes a pause down after it has answered: what is installed before that would not know of it.
      for (let looks = 0; looks < 200 && !(await handle.describe()).state.paused; looks++) await delay(50);
      await client.installJanitor(1_800_000);
      const { spec, policies, state, action } = await handle.describe();
      expect(spec.intervals).toMatchObject([{ every: 1_800_000 }]);
      expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
      expect(state).toMatchObject({ paused: true, note: 'maintenance' });
      expect(action).toMatchObject({ workflowType: 'janitor', args: [{ act: true }] });
      await handle.unpause();
      await handle.trigger();
      await stage.site.began('listLeases');
      await handle.delete();
    }));
});
