import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { sampleUntil } from '../../src/activities/sampler.ts';
import type { OpenSignal } from '../../src/activities/signals.ts';
import type { Sample } from '../../src/domain/sample.ts';
import type { OpenProbe } from '../../src/probes/define.ts';

const signal = (name: string, everyMs: number, timeoutMs: number, measure: OpenProbe['measure']): OpenSignal => ({
  name,
  everyMs,
  timeoutMs,
  probe: { measure },
});
const one: OpenProbe['measure'] = () => Promise.resolve({ kind: 'value', value: 1 });
const never: OpenProbe['measure'] = () => new Promise(() => undefined);

async function sample(forMs: number, ...signals: OpenSignal[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  const stop = new AbortController();
  const ended = sampleUntil(signals, (each) => samples.push(each), stop.signal);
  await delay(forMs);
  stop.abort();
  const stoppedMs = Date.now();
  await ended;
  expect(Date.now() - stoppedMs).toBeLessThan(100);
  return samples;
}

const of = (samples: Sample[], name: string): Sample[] => samples.filter(({ probe }) => probe === name);

test('a signal that hangs does not delay the others, and is an error at each time-out', async () => {
  const samples = await sample(1_100, signal('quick', 50, 50, one), signal('hanging', 100, 400, never));
  expect(of(samples, 'quick').length).toBeGreaterThan(12);
  expect(of(samples, 'hanging').map(({ measurement }) => measurement)).toEqual([
    { kind: 'error', reason: 'no answer within 400 ms' },
    { kind: 'error', reason: 'no answer within 400 ms' },
  ]);
});

test('a slow answer skips ticks and stays on the grid', async () => {
  const slow: OpenProbe['measure'] = () => delay(250, { kind: 'value', value: 1 });
  const [first, ...more] = await sample(1_400, signal('slow', 200, 1_000, slow));
  expect(more.length).toBeGreaterThanOrEqual(2);
  expect(more.length).toBeLessThanOrEqual(3);
  for (const { atMs } of more) expect((atMs - first!.atMs) % 200).toBeLessThan(100);
});

test('nothing is asked any more after the stop, and an answer under way is dropped', async () => {
  let asked = 0;
  const late: OpenProbe['measure'] = () => {
    asked += 1;
    return delay(300, { kind: 'value', value: 1 });
  };
  const samples = await sample(100, signal('late', 50, 1_000, late));
  await delay(400);
  expect([samples, asked]).toEqual([[], 1]);
});

test('an error of whoever takes the samples is not swallowed', async () => {
  const take = (): void => {
    throw new Error('a bug of ours');
  };
  await expect(sampleUntil([signal('quick', 50, 50, one)], take, new AbortController().signal)).rejects.toThrow('a bug of ours');
});

test('a long wait ends with the stop, also with one that comes out of taking a sample, and leaves nothing at the signal', async () => {
  const stop = new AbortController();
  const waiting = sampleUntil([signal('slow', 60_000, 50, one), signal('other', 60_000, 50, one)], () => undefined, stop.signal);
  await delay(50);
  stop.abort();
  await waiting;
  const another = new AbortController();
  await sampleUntil([signal('slow', 60_000, 50, one)], () => another.abort(), another.signal);
  expect([...getEventListeners(stop.signal, 'abort'), ...getEventListeners(another.signal, 'abort')]).toEqual([]);
});
