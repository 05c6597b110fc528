import { describeWithTemporal } from '../support/servers.ts';
import { until, victimStopped } from './harness/moments.ts';
import { onStage, type Stage } from './harness/stage.ts';
import type { PrometheusMode } from './harness/system.ts';

const EVERY_MS = 100;

/** Health comes from Prometheus; the hold is so long that only a stop ends it. */
const fromPrometheus = {
  document: ({ url }: { url: string }) => ({
    probes: { health: { provider: { kind: 'prometheus', url, query: 'sum(health)' }, every: `${EVERY_MS}ms`, timeout: '300ms' } },
    steadyState: [{ probe: 'health', tolerance: { equals: 1 } }],
    timing: { baseline: '400ms', hold: '60s', recoverWithin: '1500ms', stableFor: '300ms' },
    waves: [{ name: 'dry', dryRun: true }, { name: 'one' }],
  }),
};

/** Changes the world in the middle of the hold. @returns how long it took from the first bad answer until everybody ran again, milliseconds */
async function spoil(stage: Stage, change: () => void): Promise<number> {
  await stage.startWorker();
  await stage.startRun();
  await victimStopped(300)(stage);
  change();
  await until('everybody runs again', () => stage.victims.stopped().length === 0, 10_000, 5);
  return Date.now() - (stage.system.firstBadMs ?? NaN);
}

describeWithTemporal('a guard that looks at a Prometheus', () => {
  const blinding: PrometheusMode[] = ['down', 'empty', 'nan', 'html', 'slow', 'error-500'];
  test.concurrent.each(blinding)(
    '%s in the middle of the hold: stops and undoes, never passes',
    (mode) =>
      onStage(`prometheus ${mode}`, fromPrometheus, async (stage) => {
        const tookMs = await spoil(stage, () => (stage.system.mode = mode));
        const result = await stage.verdict(20_000);
        expect(result).toMatchObject({ verdict: 'aborted', rule: 'guard-blind', leftovers: [] });
        expect([...stage.victims.stops.values()]).toEqual([1]);
        process.stderr.write(`prometheus ${mode}: first bad answer to undone ${tookMs} ms, stop latency ${result.stopLatencyMs} ms\n`);
        expect(tookMs).toBeLessThan(4_000); // three errors in a row, each within its time-out
      }),
    60_000,
  );

  test.concurrent(
    'a plain breach is undone within its sampling interval and a second',
    () =>
      onStage('plain breach', fromPrometheus, async (stage) => {
        const tookMs = await spoil(stage, () => (stage.system.health = 5));
        stage.system.health = 1;
        const result = await stage.verdict(20_000);
        expect(result).toMatchObject({ verdict: 'aborted', rule: 'stop-condition', leftovers: [] });
        process.stderr.write(`plain breach: seen to undone ${tookMs} ms, stop latency ${result.stopLatencyMs} ms\n`);
        expect(tookMs).toBeLessThan(EVERY_MS + 1_000);
      }),
    60_000,
  );

  test.concurrent(
    'a system that stays bad after the undo is news, and louder than the stop',
    () =>
      onStage('stays bad', fromPrometheus, async (stage) => {
        await spoil(stage, () => (stage.system.health = 5));
        expect(await stage.verdict(20_000)).toMatchObject({ verdict: 'failed', rule: 'not-recovered-after-stop', leftovers: [] });
      }),
    60_000,
  );
});
