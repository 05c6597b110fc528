import { MockActivityEnvironment } from '@temporalio/testing';
import { SampleRecorder } from '../../src/activities/recorder.ts';
import type { Sample } from '../../src/domain/sample.ts';
import type { RecordedSample } from '../../src/records/ports.ts';

const sample = (value: number): Sample => ({ probe: 'p', atMs: value, measurement: { kind: 'value', value } });

/** Records that keep everything, except of the runs that are `away`. */
function openRecords() {
  const kept: Record<string, number[]> = {};
  const away = new Set<string>();
  return {
    kept,
    away,
    appendSamples: (workflowId: string, samples: readonly RecordedSample[]): Promise<void> => {
      if (away.has(workflowId)) return Promise.reject(new Error('away'));
      (kept[workflowId] ??= []).push(...samples.map(({ atMs }) => atMs));
      return Promise.resolve();
    },
  };
}

type Stores = ReturnType<typeof openRecords>;

/** As a watching activity has one. */
const open = (records: Stores, workflowId: string): Promise<{ recorder: SampleRecorder; logged: unknown[] }> => {
  const logged: unknown[] = [];
  const quiet = (): void => undefined;
  const warn = (message: string, meta?: unknown): void => void logged.push([message, meta]);
  const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, error: quiet, warn };
  const env = new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'r' } }, { logger });
  const place = { workflowId, wave: 'w', iteration: 0, phase: 'fault' as const };
  return env.run(() => Promise.resolve({ recorder: new SampleRecorder(records, place), logged }));
};

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('twenty watches share one timer; each is written within two seconds, in order, and nothing is lost', async () => {
  const records = openRecords();
  const watches = await Promise.all(Array.from({ length: 20 }, (_, i) => open(records, `run-${i}`)));
  expect(jest.getTimerCount()).toBe(1);
  for (let value = 0; value < 5; value++) for (const { recorder } of watches) recorder.add(sample(value));
  await jest.advanceTimersByTimeAsync(2_000);
  const names = watches.map((_, i) => `run-${i}`);
  expect(records.kept).toEqual(Object.fromEntries(names.map((name) => [name, [0, 1, 2, 3, 4]])));
  for (const { recorder } of watches) recorder.add(sample(5));
  await Promise.all(watches.map(({ recorder }) => recorder.close()));
  expect(records.kept).toEqual(Object.fromEntries(names.map((name) => [name, [0, 1, 2, 3, 4, 5]])));
  expect(jest.getTimerCount()).toBe(0);
});

test('a watch whose samples are refused keeps them, says so in its own name, and harms no other', async () => {
  const records = openRecords();
  const [good, bad] = [await open(records, 'good'), await open(records, 'bad')];
  records.away.add('bad');
  for (const value of [1, 2]) for (const { recorder } of [good, bad]) recorder.add(sample(value));
  await jest.advanceTimersByTimeAsync(4_000);
  bad.recorder.add(sample(3));
  expect(records.kept).toEqual({ good: [1, 2] });
  expect(bad.logged).toContainEqual([expect.stringContaining('could not be recorded yet'), expect.objectContaining({ workflowId: 'bad' })]);
  expect(good.logged).toEqual([]);
  records.away.clear();
  await jest.advanceTimersByTimeAsync(2_000);
  expect(records.kept).toEqual({ good: [1, 2], bad: [1, 2, 3] });
  await Promise.all([good.recorder.close(), bad.recorder.close()]);
});

test('a watch that closes in the middle of a round is written at once, and leaves the others their turn', async () => {
  const records = openRecords();
  const [first, second] = [await open(records, 'first'), await open(records, 'second')];
  first.recorder.add(sample(1));
  second.recorder.add(sample(1));
  await first.recorder.close();
  expect(records.kept).toEqual({ first: [1] });
  await jest.advanceTimersByTimeAsync(2_000);
  expect(records.kept).toEqual({ first: [1], second: [1] });
  await second.recorder.close();
});
