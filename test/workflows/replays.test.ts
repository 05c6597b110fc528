import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ledgerId } from '../../src/domain/ledger/names.ts';
import type { LedgerState } from '../../src/domain/ledger/state.ts';
import type { RunInput } from '../../src/domain/run.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import type { Records } from '../../src/records/ports.ts';
import { replayProblems } from '../support/replays.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { expectNothingLeft, holdsLive, reach } from './harness/expectations.ts';
import { endlessGuard } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

/** Longer than a workflow task may take: the SDK then asks for another task, and a replay sees all of them as one. */
const SLOW_MS = 1_500;
const metadata = { name: 'slow', owner: 'payments', service: 'payments', environment: 'staging' };

/** Records that take their time with each batch of events. */
function slowRecords(tookMs = SLOW_MS): Records {
  const records = createMemoryRecords();
  return {
    ...records,
    appendEvents: async (...batch) => {
      await delay(tookMs);
      return records.appendEvents(...batch);
    },
  };
}

describeWithTemporal('a run can be replayed', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  /** Starts a run whose workflow tasks may take a second only. */
  async function startImpatient({ client, taskQueue }: Stage, document: Record<string, unknown>): Promise<string> {
    const input = { document, requestedBy: 'ann', seed: 7, timeScale: 1 } as RunInput;
    const workflowId = `impatient.${randomUUID()}`;
    await client.temporal.workflow.start('experiment', { taskQueue, workflowId, workflowTaskTimeout: '1s', args: [input] });
    return workflowId;
  }

  const expectReplay = async ({ client }: Stage, id: string): Promise<void> =>
    expect(await replayProblems(client.temporal, theatre.workflowBundle, [id])).toEqual([]);

  test(
    'that was paused, resumed and aborted while its records were slow',
    () =>
      onStage(
        theatre,
        async (stage) => {
          stage.site.on('guardWave', endlessGuard);
          const id = await startImpatient(stage, experimentDocument({ metadata }));
          await stage.client.pause(id, { by: 'bob' });
          await reach(stage, id, 'paused');
          await delay(SLOW_MS / 2);
          await stage.client.resume(id, { by: 'bob' });
          await reach(stage, id, holdsLive);
          await stage.client.abort(id, { by: 'bob' });
          expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted' });
          await expectReplay(stage, id);
        },
        { records: slowRecords() },
      ),
    60_000,
  );

  test('that was aborted while its records were slow, between its waves', () =>
    onStage(
      theatre,
      async (stage) => {
        const waves = [{ name: 'dry-run', dryRun: true }, { name: 'single' }];
        const id = await startImpatient(stage, experimentDocument({ metadata, waves }));
        await stage.site.began('guardWave');
        await stage.site.until(() => stage.site.of('guardWave')[0]?.endedMs !== undefined);
        await delay(SLOW_MS / 3);
        await stage.client.abort(id, { by: 'bob' });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted' });
        await expectReplay(stage, id);
      },
      { records: slowRecords() },
    ));

  test(
    'that was reset after the ledger had let it in by a signal; nobody is hit a second time',
    () =>
      onStage(theatre, async (stage) => {
        stage.site.on('guardWave', endlessGuard);
        const { taskQueue, client } = stage;
        const ledger = await client.temporal.workflow.start('ledger', {
          taskQueue,
          workflowId: ledgerId('staging', taskQueue),
          args: [{ environment: 'staging', checkEveryMs: 300 }],
        });
        const first = await stage.start(experimentDocument({ metadata }));
        await reach(stage, first, holdsLive);
        const id = await stage.start(experimentDocument({ metadata: { ...metadata, name: 'reset' } }));
        await reach(stage, id, 'queued');
        await stage.client.abort(first, { by: 'bob' });
        await reach(stage, id, holdsLive);
        await resetToNewest(stage, id);
        await stage.client.abort(id, { by: 'bob' });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted' });
        expectNothingLeft(stage.site);
        expect(stage.site.orders('injectFault').filter(({ workflowId }) => workflowId === id)).toHaveLength(1);
        while ((await ledger.query<LedgerState>('state')).holds.length > 0) await delay(50);
      }),
    60_000,
  );

  /** Queries it without a pause until it is over: one that arrives while a local activity is under way splits the workflow task there. */
  async function watch({ client, verdict }: Stage, workflowId: string): Promise<void> {
    const isOver = verdict(workflowId).then(() => true);
    while (!(await Promise.race([isOver, delay(10, false)]))) await client.status(workflowId).catch(() => undefined);
  }

  test.each([
    ['by our door', (stage: Stage) => stage.start(experimentDocument({ metadata }))],
    [
      'past our door',
      async (stage: Stage) => {
        const input = { document: experimentDocument({ metadata }), seed: 1, timeScale: 1, requestedBy: 'web' };
        return (await stage.startRaw(input)).workflowId;
      },
    ],
  ])('that somebody watched from its first moment, started %s', (_, startRun) =>
    onStage(
      theatre,
      async (stage) => {
        const id = await startRun(stage);
        await watch(stage, id);
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
        await expectReplay(stage, id);
      },
      { records: slowRecords(200) },
    ),
  );

  /** Resets a run to the last of its workflow tasks, as Temporal Web's button does. */
  async function resetToNewest({ client }: Stage, workflowId: string): Promise<void> {
    const handle = client.temporal.workflow.getHandle(workflowId);
    const { runId } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const newest = events!.findLast(({ workflowTaskCompletedEventAttributes: task }) => task)!.eventId!;
    await client.temporal.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: newest,
      requestId: randomUUID(),
      reason: 'test',
    });
  }
});
