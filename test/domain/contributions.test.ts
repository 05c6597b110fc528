import fc from 'fast-check';
import { isRunningCount, MOST, OUTLIER, rankContributions } from '../../src/domain/contributions.ts';

const usual = [9, 10, 11, 10, 9, 11, 10];

test('signals that were outside of what is usual are ranked by how far', () => {
  const before = { 'disk-io': [80, 82, 81], cpu: [16, 15, 16], latency: [10, 11, 10], idle: [2] };
  const found = rankContributions(before, { 'disk-io': usual, cpu: usual, latency: usual, idle: usual });
  expect(found.map(({ probe }) => probe)).toEqual(['disk-io', 'idle', 'cpu']);
  expect(found[0]).toMatchObject({ before: 81, usual: 10, values: 7, score: expect.closeTo(47.9, 1) as number });
  expect(found[0]?.limit).toBeCloseTo(10 + OUTLIER / 0.6745);
  expect(found[1]?.score).toBeLessThan(-OUTLIER);
  expect(found[1]?.limit).toBeLessThan(10);
});

test('too few values, none, or no spread', () => {
  expect(rankContributions({ a: [9], b: [] }, { a: [1, 1, 1, 1], b: usual })).toEqual([]);
  expect(rankContributions({ a: [9], constructor: [1] }, { a: [1, 1, 1, 1, 1] })).toMatchObject([{ probe: 'a', score: MOST, limit: 1 }]);
  expect(rankContributions({ a: [1] }, { a: [1, 1, 1, 1, 1] })).toEqual([]);
  expect(rankContributions({ a: [20] }, { a: [...Array<number>(20).fill(1), 2] })[0]?.score).toBeGreaterThan(OUTLIER);
});

test('units and zero points are nothing, nor the order of signals and values; another signal changes nothing', () => {
  const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 5, maxLength: 20 });
  fc.assert(
    fc.property(
      values,
      values,
      values,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: -50, max: 50 }),
      (now, known, other, factor, zero) => {
        const convert = (all: number[]): number[] => all.map((one) => one * factor + zero);
        const [plain] = rankContributions({ a: now }, { a: known });
        const [converted] = rankContributions({ a: convert(now) }, { a: convert(known) });
        expect(converted === undefined).toBe(plain === undefined);
        if (plain && converted) expect(converted.score).toBeCloseTo(plain.score, 6);
        const both = rankContributions({ b: other, a: [...now].reverse() }, { a: [...known].reverse(), b: known });
        expect(both.find(({ probe }) => probe === 'a')?.score ?? 0).toBeCloseTo(plain?.score ?? 0, 9);
      },
    ),
  );
});

test('what was often seen before is usual, however narrow most of it is', () => {
  const levels = [...Array<number>(10).fill(0.001), 0.002, 0.0015, 5, 6, 5, 7];
  expect(rankContributions({ lag: [4] }, { lag: levels })).toEqual([]);
  expect(rankContributions({ lag: [60] }, { lag: levels })[0]?.limit).toBeGreaterThanOrEqual(6);
});

test('a running count is always higher than before; a level that rose once is none', () => {
  expect(isRunningCount([2, 2, 3, 3, 4, 6])).toBe(true);
  for (const level of [[1, 1, 1, 9, 9], [1, 2, 3, 4, 3], [5, 5, 5], []]) expect(isRunningCount(level)).toBe(false);
});
