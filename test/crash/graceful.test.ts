import { describeWithTemporal } from '../support/servers.ts';
import { violations } from './harness/invariants.ts';
import { victimStopped } from './harness/moments.ts';
import { onStage } from './harness/stage.ts';

const holdLong = { document: () => ({ timing: { baseline: '400ms', hold: '5s', recoverWithin: '10s', stableFor: '400ms' } }) };

describeWithTemporal('a worker that is asked to leave', () => {
  test(
    'in the middle of the hold leaves within seconds, and the run goes on with the next',
    () =>
      onStage('graceful', holdLong, async (stage) => {
        const worker = await stage.startWorker();
        await stage.startRun();
        await victimStopped(500)(stage);
        const leftAfterMs = await worker.stop();
        expect(leftAfterMs).toBeLessThan(6_000);
        await stage.startWorker();
        const result = await stage.verdict(40_000);
        process.stderr.write(`SIGTERM in mid-hold: left after ${leftAfterMs} ms, the run ${result.verdict} (${result.rule})\n`);
        expect(await violations(stage, result)).toEqual([]);
        expect(result.verdict).toBe('passed');
      }),
    90_000,
  );
});
