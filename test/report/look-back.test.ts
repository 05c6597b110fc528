import { lookBack } from '../../src/report/look-back.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import type { RunFilter } from '../../src/records/ports.ts';
import { aRun, T0 } from '../records/examples.ts';

async function recorded(count: number) {
  const records = createMemoryRecords();
  for (let i = 0; i < count; i++) await records.openRun(aRun({ workflowId: `run-${i}`, startedAtMs: T0 + i, experiment: {} }));
  return (filter: RunFilter) => records.listRuns(filter);
}

test('every run is read, page by page, newest first', async () => {
  const { runs, isAll } = await lookBack(await recorded(2_001), {});
  expect(isAll).toBe(true);
  expect(runs).toHaveLength(2_001);
  expect([runs[0]?.workflowId, runs.at(-1)?.workflowId]).toEqual(['run-2000', 'run-0']);
});

test('a page that is exactly full is followed by an empty one; more than can be waited for is said', async () => {
  expect(await lookBack(await recorded(1_000), {})).toMatchObject({ isAll: true });
  const endless = () => Promise.resolve(Array.from({ length: 1_000 }, () => aRun()));
  const { runs, isAll } = await lookBack(endless, { service: 'payments' });
  expect([runs.length, isAll]).toEqual([10_000, false]);
});
