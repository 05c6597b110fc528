import { setTimeout as delay } from 'node:timers/promises';
import { shareScans } from '../../../src/adapters/process/share-scans.ts';

/** A scan that takes a while and answers with its own number; `begun` counts. */
function slowScan() {
  const seen = { begun: 0 };
  const scan = async () => {
    const number = ++seen.begun;
    await delay(20);
    return number;
  };
  return { seen, shared: shareScans(scan) };
}

test('who asks at the same time shares one scan', async () => {
  const { shared, seen } = slowScan();
  expect(await Promise.all([shared(), shared(), shared()])).toEqual([1, 1, 1]);
  expect(seen.begun).toBe(1);
});

test('who asks while a scan runs gets one that begins afterwards, never the one that may have missed what it asks about', async () => {
  const { shared, seen } = slowScan();
  const first = shared();
  await delay(5);
  expect(seen.begun).toBe(1);
  expect(await Promise.all([first, shared(), shared()])).toEqual([1, 2, 2]);
});

test('one after the other, everybody gets a scan of their own', async () => {
  const { shared } = slowScan();
  expect([await shared(), await shared()]).toEqual([1, 2]);
});

test('a scan that fails fails for those who share it, and the next one runs', async () => {
  let isBroken = true;
  const shared = shareScans(() => (isBroken ? Promise.reject(new Error('no /proc')) : Promise.resolve('found')));
  const answers = await Promise.allSettled([shared(), shared()]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isBroken = false;
  await expect(shared()).resolves.toBe('found');
});
