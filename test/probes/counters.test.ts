import * as fc from 'fast-check';
import { GrowingTotals, SlidingGrowth } from '../../src/probes/counters.ts';
import { histogramQuantile } from '../../src/probes/quantile.ts';

const one = (value: number) => [{ series: 's', group: 'g', value }];

test('a reset counts from zero, and the first scrape says nothing', () => {
  const totals = new GrowingTotals();
  expect(totals.add(one(100)).get('g')).toBe(0);
  expect(totals.add(one(110)).get('g')).toBe(10);
  expect(totals.add(one(4)).get('g')).toBe(14);
});

test('a reset of one series is not hidden by the growth of another', () => {
  const totals = new GrowingTotals();
  const two = (a: number, b: number) => [
    { series: 'a', group: 'g', value: a },
    { series: 'b', group: 'g', value: b },
  ];
  totals.add(two(100, 100));
  expect(totals.add(two(2, 250)).get('g')).toBe(152);
});

test('a series born later counts from zero; one that comes back goes on', () => {
  const totals = new GrowingTotals();
  totals.add(one(5));
  expect(totals.add([...one(5), { series: 'new', group: 'g', value: 3 }]).get('g')).toBe(3);
  expect(totals.add(one(5)).get('g')).toBe(3);
  expect(totals.add([...one(5), { series: 'new', group: 'g', value: 4 }]).get('g')).toBe(4);
});

test('totals never fall, and equal the true growth whatever is reset', () =>
  fc.assert(
    fc.property(fc.array(fc.record({ grow: fc.nat(1_000), reset: fc.boolean() }), { minLength: 1 }), (steps) => {
      const totals = new GrowingTotals();
      let [value, truth, last] = [7, 0, 0];
      totals.add(one(value));
      for (const { grow, reset } of steps) {
        // a reset shows only when the counter has fallen
        value = reset && grow < value ? grow : value + grow;
        truth += grow;
        const now = totals.add(one(value)).get('g') ?? NaN;
        expect(now).toBe(truth);
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
    }),
  ));

test('remembered series are bounded', () => {
  const totals = new GrowingTotals(10);
  for (let i = 0; i < 1_000; i++) totals.add([{ series: String(i), group: 'g', value: 1 }]);
  expect(() => totals.add(Array.from({ length: 11 }, (_, i) => ({ series: `x${i}`, group: 'g', value: 1 })))).toThrow(/name more labels/);
});

const at = (total: number) => new Map([['g', total]]);

test('a window covers its whole length, and less only in the beginning', () => {
  const sliding = new SlidingGrowth(10_000);
  const growths = Array.from({ length: 31 }, (_, second) => sliding.push(second * 1_000, at(second))?.of('g'));
  expect(growths.slice(0, 3)).toEqual([undefined, 1, 2]);
  expect(growths.slice(10, 31)).toEqual(Array(21).fill(10));
});

test('after a long gap the window begins anew', () => {
  const sliding = new SlidingGrowth(10_000);
  sliding.push(0, at(0));
  sliding.push(1_000, at(1));
  expect(sliding.push(60_000, at(500))).toBeUndefined();
  expect(sliding.push(61_000, at(501))?.of('g')).toBe(1);
});

test('a clock that is set back gives no data once', () => {
  const sliding = new SlidingGrowth(10_000);
  sliding.push(100_000, at(0));
  expect(sliding.push(50_000, at(1))).toBeUndefined();
  expect(sliding.push(51_000, at(3))?.of('g')).toBe(2);
});

test('often fed windows stay small and right', () => {
  const sliding = new SlidingGrowth(60_000);
  let growth;
  for (let ms = 0; ms <= 200_000; ms += 10) growth = sliding.push(ms, at(ms));
  expect(growth?.elapsedMs).toBeGreaterThanOrEqual(60_000);
  expect(growth?.elapsedMs).toBeLessThan(60_500);
  expect(growth?.of('g')).toBe(growth?.elapsedMs);
});

const buckets = (...pairs: [number, number][]) => pairs.map(([upper, count]) => ({ upper, count }));

test('quantiles are those of histogram_quantile', () => {
  const some = buckets([0.1, 50], [0.5, 90], [1, 100], [Infinity, 100]);
  expect(histogramQuantile(0.5, some)).toBeCloseTo(0.1);
  expect(histogramQuantile(0.25, some)).toBeCloseTo(0.05);
  expect(histogramQuantile(0.9, some)).toBeCloseTo(0.5);
  expect(histogramQuantile(0.95, some)).toBeCloseTo(0.75);
  expect(histogramQuantile(0.99, buckets([1, 50], [Infinity, 100]))).toBe(1);
  expect(histogramQuantile(0.5, buckets([-1, 100], [Infinity, 100]))).toBe(-1);
  expect(histogramQuantile(0.5, buckets([1, 0], [Infinity, 0]))).toBeUndefined();
  expect(() => histogramQuantile(0.5, buckets([1, 5]))).toThrow('+Inf');
  expect(() => histogramQuantile(0.5, buckets([Infinity, 5]))).toThrow('finite');
});

test('a quantile lies in the bucket of the true one', () =>
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 9.99, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (values, q) => {
        const bounds = [0.1, 0.5, 1, 2, 5, 10, Infinity];
        const found =
          histogramQuantile(
            q,
            bounds.map((upper) => ({ upper, count: values.filter((v) => v <= upper).length })),
          ) ?? NaN;
        const truth = [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length - 1e-9) - 1)] ?? NaN;
        const bucketOf = (v: number) => bounds.findIndex((upper) => v <= upper + 1e-9);
        expect(Math.abs(bucketOf(found) - bucketOf(truth))).toBeLessThanOrEqual(1);
      },
    ),
  ));
