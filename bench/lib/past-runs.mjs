import { hitOne } from './document.mjs';
import { runPool } from './pool.mjs';

const VERDICTS = ['passed', 'passed', 'passed', 'failed', 'aborted', 'inconclusive'];
const EVENTS = 20;
const SAMPLES = 60;

const event = (i, n, atMs) => ({
  ...{ key: `${String(n).padStart(5, '0')}-step`, atMs, kind: 'injected', wave: n < 10 ? 'dry-run' : 'single', iteration: 0 },
  data: { target: { id: `process:${i}`, name: `worker-${i}` }, outcome: 'injected', evidence: 'SIGSTOP was delivered through a pidfd' },
});

/** Records closed runs of the past, of 20 services, through the records themselves. @returns their ids */
export async function recordPastRuns(records, count) {
  const ids = Array.from({ length: count }, (_, i) => `bench.past.${i}`);
  const firstMs = Date.now() - count * 60_000;
  await runPool(count, 8, async (i) => {
    const workflowId = ids[i];
    const service = `service-${i % 20}`;
    const startedAtMs = firstMs + i * 60_000;
    const experiment = hitOne({ name: `bench-${i % 40}`, app: service, slot: 0, url: 'http://127.0.0.1:9/', every: '1s', hold: '30s' });
    await records.openRun({
      ...{ workflowId, runId: `r-${i}`, name: `bench-${i % 40}`, service, environment: 'development', owner: 'bench' },
      ...{
        planDigest: String(i % 40).padStart(64, '0'),
        seed: 7,
        timeScale: 1,
        requestedBy: 'bench',
        site: 'local',
        startedAtMs,
        experiment,
      },
    });
    await records.appendEvents(
      workflowId,
      Array.from({ length: EVENTS }, (_, n) => event(i, n, startedAtMs + n * 1_000)),
    );
    await records.appendSamples(
      workflowId,
      Array.from({ length: SAMPLES }, (_, n) => ({
        ...{ probe: 'value', atMs: startedAtMs + n * 1_000, wave: 'single', iteration: 0 },
        ...{ phase: n < 20 ? 'baseline' : n < 40 ? 'fault' : 'recovery', measurement: { kind: 'value', value: n % 7 } },
      })),
    );
    const verdict = VERDICTS[i % VERDICTS.length];
    await records.closeRun(workflowId, {
      ...{ verdict, reason: `measured: ${verdict}`, closedAtMs: startedAtMs + 60_000 },
      result: {
        workflowId,
        verdict,
        reason: `measured: ${verdict}`,
        leftovers: i % 500 === 3 ? [`process-pause on worker-${i}`] : [],
        iterations: [],
      },
    });
  });
  return ids;
}
