import { describeWithTemporal } from '../support/servers.ts';
import { currentBuild } from '../support/build.ts';
import { onStage } from './harness/stage.ts';

const READY_AFTER_MS = 8_000;
const kill = { fault: { kind: 'process-kill' } };

describeWithTemporal('a whole run waits for its victims, on real processes', () => {
  beforeAll(() => currentBuild(), 180_000);

  test.concurrent(
    'victims that are ready long after they run again hold the next wave back, if there is one',
    () =>
      onStage(
        'slow comeback',
        {
          ...kill,
          document: ({ app }) => ({
            targets: { kind: 'process', labels: { app }, ready: { uptimeAtLeast: `${READY_AFTER_MS}ms` } },
            timing: { baseline: '700ms', hold: '4s', recoverWithin: '20s', stableFor: '400ms' },
            blastRadius: { maxVictims: 2, maxConcurrent: 2, survivorsAtLeast: 1, coolDown: '0s' },
          }),
        },
        async (stage) => {
          await stage.startWorker();
          await new Promise((resolve) => setTimeout(resolve, READY_AFTER_MS)); // so that all are ready when the run begins
          await stage.startRun();
          const result = await stage.verdict(60_000);
          // On a busy machine a fault may be watched for too short a time: then the run ends there, and nobody more is hit.
          expect(['held', 'too-little-data']).toContain(result.rule);
          const [first, ...later] = stage.victims.dead();
          if (result.rule === 'held') expect(later).toHaveLength(2);
          for (const { endedMs } of later) expect(endedMs! - first!.endedMs!).toBeGreaterThanOrEqual(READY_AFTER_MS);
          const { recovery } = result.iterations[1]!;
          expect(recovery).toMatchObject({ kind: 'recovered' });
        },
      ),
    90_000,
  );

  test.concurrent(
    'victims that nobody brings back: not recovered, with the number, and nobody more is hit',
    () =>
      onStage(
        'no comeback',
        {
          ...kill,
          victims: { respawn: false },
          document: () => ({ timing: { baseline: '700ms', hold: '4s', recoverWithin: '2s', stableFor: '400ms' } }),
        },
        async (stage) => {
          await stage.startWorker();
          await stage.startRun();
          const result = await stage.verdict(60_000);
          const reason = expect.stringContaining('targets.ready 2, not ≥ 3') as string;
          expect(result).toMatchObject({ verdict: 'failed', reason, leftovers: [] });
          expect(stage.victims.dead()).toHaveLength(1);
        },
      ),
    90_000,
  );
});
