import { createComparisons } from '../../src/activities/comparisons.ts';
import { Comparison } from '../../src/domain/experiment/comparisons.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { autoregression } from '../domain/statistics/series.ts';
import { aRun, T0 } from './examples.ts';

const id = aRun().workflowId;

/** A run whose signal rose by `shift` under the fault; 600 samples on each side. */
async function recorded(shift: number) {
  const records = createMemoryRecords();
  await records.openRun(aRun());
  const samples = autoregression(5, 0.3, 1_200).map((value, i) => ({
    ...{ probe: 'errors', wave: 'canary', iteration: 0, phase: i < 600 ? ('baseline' as const) : ('fault' as const), atMs: T0 + i * 1_000 },
    measurement: { kind: 'value' as const, value: value + (i < 600 ? 0 : shift) },
  }));
  await records.appendSamples(id, samples);
  return records;
}

const judged = async (records: ReturnType<typeof createMemoryRecords>) => {
  const [judgement] = await createComparisons(records).judgeComparisons({
    workflowId: id,
    comparisons: [Comparison.parse({ probe: 'errors', effect: 1, alpha: '5%' })],
    look: { wave: 'canary', taken: 1, planned: 1, waves: 1, seed: 7 },
    spans: [{ wave: 'canary', iteration: 0, rehearsal: false, fromMs: T0 + 600_000 }],
  });
  return judgement?.outcome;
};

test.each([
  [0, 'holds'],
  [5, 'refuted'],
])('a comparison with a shift of %d %s; judged anew without its samples it is undecided, never a pass', async (shift, outcome) => {
  const records = await recorded(shift);
  expect(await judged(records)).toBe(outcome);
  await records.prune({ samplesSinceMs: T0 + 9e6, bucketsSinceMs: 0 }, true);
  expect(await judged(records)).toBe('undecided');
});
