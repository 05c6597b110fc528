import { outlooks } from '../../src/cli/outlook.ts';
import { outlookLines } from '../../src/cli/plan-view.ts';
import { makePlan } from '../../src/language/digest.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { autoregression } from '../domain/statistics/series.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

const planOf = (effect: number, wave: object = {}) =>
  makePlan(
    experimentDocument({
      comparisons: [{ probe: 'errors', effect, alpha: '5%' }],
      timing: { baseline: '30s', hold: '30s' },
      waves: [
        { name: 'dry-run', dryRun: true },
        { name: 'canary', iterations: 3, ...wave },
      ],
    }),
    1,
    1,
  );

/** Records with one run of the experiment, whose baseline wanders about 0 with unit variance, ten samples a second. */
async function recorded(length = 300) {
  const records = createMemoryRecords();
  const run = { workflowId: 'kill.1', runId: 'r', name: 'payment-worker', service: 'payments', environment: 'staging', owner: 'payments' };
  const rest = { planDigest: 'd', seed: 1, timeScale: 1, requestedBy: 'ann', site: 'local', startedAtMs: 0, experiment: {} };
  await records.openRun({ ...run, ...rest });
  const place = { probe: 'errors', wave: 'canary', iteration: 0, phase: 'baseline' as const };
  await records.appendSamples(
    run.workflowId,
    autoregression(3, 0.5, length).map((value, i) => ({ ...place, atMs: i * 100, measurement: { kind: 'value', value } })),
  );
  return records;
}

const words = async (effect: number, wave = {}, length = 300) =>
  outlookLines(await outlooks(planOf(effect, wave), await recorded(length)), (_style, text) => text).slice(2);

test('a large effect needs few iterations, a small one many', async () => {
  const [large] = await words(3);
  expect(large).toMatch(/^ {2}errors, wave canary: 1 iterations needed, 3 planned \(noise of kill\.1\)$/);
  const [small] = await words(0.2);
  expect(Number(/(\d+) iterations needed, 3 planned: it may well stay undecided/.exec(small!)?.[1])).toBeGreaterThan(3);
});

test('what is too short, or not known, is said', async () => {
  expect((await words(1, { hold: '100ms' }))[0]).toMatch(/too short: baseline and hold need [\d.]+ s each/);
  expect((await words(1, {}, 12))[0]).toMatch(/cannot be planned: the earlier run is too short/);
  const [nothing] = await outlooks(planOf(1), createMemoryRecords());
  expect(nothing).toMatchObject({
    wave: 'canary',
    outlook: { kind: 'unknown', why: expect.stringContaining('no run of this experiment') as string },
  });
});
