import { chmod } from 'node:fs/promises';
import { startPostgres } from '../../src/sandbox/servers/postgres.ts';
import { startTemporal } from '../../src/sandbox/servers/temporal.ts';
import { describeWithTemporal, freshDir } from '../support/servers.ts';
import { until, victimStopped } from './harness/moments.ts';
import { onStage, type Stage } from './harness/stage.ts';

const LEASE_MS = 3_000;
/** The victim is let go at the end of its lease; the rest is a busy machine's. */
const SLACK_MS = 2_000;
const leasedFor = (hold: string) => ({
  document: () => ({
    guard: { maxBlind: '10s', lease: `${LEASE_MS}ms` },
    timing: { baseline: '400ms', hold, recoverWithin: '10s', stableFor: '400ms' },
  }),
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Waits until everybody runs. @returns how long that took, milliseconds */
async function freed({ victims }: Stage): Promise<number> {
  const beganMs = Date.now();
  await until('everybody runs again', () => victims.stopped().length === 0, 30_000);
  return Date.now() - beganMs;
}

describeWithTemporal('a pause ends at its target', () => {
  test('when worker, Temporal and PostgreSQL are killed -9 in the middle of it, for ever', async () => {
    const [temporalDir, recordsDir] = [await freshDir('temporal'), await freshDir('records')];
    await chmod(recordsDir, 0o755);
    const temporal = await startTemporal({ dataDir: temporalDir, settings: undefined, log: () => undefined });
    const postgres = await startPostgres({ dataDir: recordsDir, databases: ['breakwater'], log: () => undefined });
    const servers = { temporalAddress: temporal.address, databaseUrl: postgres.url('breakwater') };
    try {
      await onStage('everything is gone', { ...leasedFor('60s'), servers }, async (stage) => {
        const worker = await stage.startWorker();
        await stage.startRun();
        await victimStopped(LEASE_MS + 1_500)(stage); // it has been renewed by then
        expect(stage.victims.stopped()).toHaveLength(1);
        const pids = [temporal.pid, postgres.pid].map((pid) => {
          if (pid === undefined) throw new Error('this server is not ours');
          return pid;
        });
        worker.kill();
        for (const pid of pids) process.kill(pid, 'SIGKILL');
        const tookMs = await freed(stage);
        process.stderr.write(`worker, Temporal and PostgreSQL killed -9: the victim ran ${tookMs} ms later (lease ${LEASE_MS} ms)\n`);
        expect(tookMs).toBeLessThan(LEASE_MS + SLACK_MS);
        expect(pids.filter(isAlive)).toEqual([]);
        expect(worker.hasEnded).toBe(true);
      });
    } finally {
      await Promise.allSettled([temporal.stop(), postgres.stop()]);
    }
  }, 120_000);

  test(
    'when its workflow is terminated, though the worker lives',
    () =>
      onStage('terminated', leasedFor('60s'), async (stage) => {
        await stage.startWorker();
        await stage.startRun();
        await victimStopped(LEASE_MS + 1_500)(stage);
        expect(stage.victims.stopped()).toHaveLength(1);
        await stage.client.temporal.workflow.getHandle(stage.workflowId).terminate('by a person in Temporal Web');
        const tookMs = await freed(stage);
        process.stderr.write(`workflow terminated: the victim ran ${tookMs} ms later (lease ${LEASE_MS} ms)\n`);
        expect(tookMs).toBeLessThan(LEASE_MS + SLACK_MS);
        expect(stage.victims.stoppedAtOnce).toBe(1);
      }),
    90_000,
  );

  test(
    'when its workflow is reset: what was done is not done again, and nobody more is hit',
    () =>
      onStage('reset', leasedFor('5s'), async (stage) => {
        await stage.startWorker();
        await stage.startRun();
        await victimStopped(500)(stage);
        const handle = stage.client.temporal.workflow.getHandle(stage.workflowId);
        const { events } = await handle.fetchHistory();
        const firstTask = events?.find(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes);
        const { workflowService } = stage.client.temporal;
        const { runId } = await handle.describe();
        await workflowService.resetWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId: stage.workflowId, runId },
          reason: 'by a person in Temporal Web',
          requestId: `${stage.workflowId}-reset`,
          workflowTaskFinishEventId: firstTask?.eventId ?? null,
        });
        await until(
          'the run after the reset ends',
          async () => (await stage.client.temporal.workflow.getHandle(stage.workflowId).describe()).status.name !== 'RUNNING',
          80_000,
          200,
        );
        expect(stage.victims.stopped()).toEqual([]);
        const hits = [...stage.victims.stops.values()].reduce((sum, times) => sum + times, 0);
        const result = await stage.verdict(5_000);
        process.stderr.write(`reset in mid-pause: ${hits} stops in all, then ${result.verdict} (${result.rule}): ${result.reason}\n`);
        expect(hits).toBeLessThanOrEqual(3);
        expect(stage.victims.stoppedAtOnce).toBeLessThanOrEqual(2);
      }),
    150_000,
  );
});
