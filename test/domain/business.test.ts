import fc from 'fast-check';
import { businessImpact, type Rate } from '../../src/domain/business.ts';

/** One answer a second. */
const rates = (fromS: number, values: readonly (number | null)[]): Rate[] =>
  values.map((value, i) => ({ atMs: (fromS + i) * 1_000, value }));
const times = (n: number, value: number): number[] => Array<number>(n).fill(value);
const calm = rates(0, times(31, 10));

test('what is behind at the end is lost', () => {
  const impact = businessImpact(calm, rates(40, [...times(20, 4), ...times(11, 10)]));
  expect(impact).toMatchObject({ usual: 10, lost: 120, late: 0, byChance: 0, watchedMs: 30_000, unseenMs: 0 });
  expect(impact?.during).toBeCloseTo(6);
});

test('what was made up for is late, and not lost', () => {
  const impact = businessImpact(calm, rates(40, [...times(10, 0), ...times(10, 16), ...times(5, 18), ...times(2, 10)]));
  expect(impact).toMatchObject({ lost: 0, late: 100 });
  expect(businessImpact(calm, rates(40, [...times(10, 0), ...times(10, 13), 10]))).toMatchObject({ lost: 70, late: 30 });
});

test('a gap is not seen, and in no number; no data is no impact of zero', () => {
  const gap = [...rates(40, times(10, 4)), ...rates(80, times(11, 4))];
  expect(businessImpact(calm, gap)).toMatchObject({ lost: 19 * 6, unseenMs: 31_000, watchedMs: 50_000 });
  expect(businessImpact(calm, rates(40, [4, null, null, 4, 4]))).toMatchObject({ lost: 12, unseenMs: 2_000 });
  expect(businessImpact([], rates(40, [4, 4]))).toBeUndefined();
  expect(businessImpact(calm, rates(40, [4]))).toBeUndefined();
  expect(businessImpact(calm, rates(40, [null, null]))).toBeUndefined();
});

test('it is never negative, and nothing is lost where nothing changed', () => {
  const some = fc.array(fc.option(fc.double({ min: 0, max: 1_000, noNaN: true })), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(some, some, (before, during) => {
      const impact = businessImpact(rates(0, before), rates(100, during));
      if (!impact) return;
      for (const number of Object.values(impact)) if (number !== null) expect(number).toBeGreaterThanOrEqual(0);
      expect(businessImpact(rates(0, before), [...rates(100, during)].reverse())).toEqual(impact);
    }),
  );
  expect(businessImpact(calm, rates(50, times(30, 10)))).toMatchObject({ lost: 0, late: 0 });
});

test('the noise of the baseline tells what chance alone can do', () => {
  const noisy = rates(0, [8, 12, 8, 12, 8, 8, 12, 12, 10, 10, 10]);
  expect(businessImpact(noisy, rates(20, times(11, 10)))?.byChance).toBeCloseTo(4);
  expect(businessImpact(noisy, rates(20, times(41, 10)))?.byChance).toBeCloseTo(8);
  const over = noisy.map(({ atMs, value }) => ({ atMs, value: value === null ? null : 20 - value }));
  expect(businessImpact(over, rates(20, times(11, 10)))?.byChance).toBeCloseTo(4);
  expect(businessImpact(noisy.slice(0, 5), rates(20, times(11, 10)))?.byChance).toBeNull();
});
