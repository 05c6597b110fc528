import fc from 'fast-check';
import { autocorrelationTime } from '../../../src/domain/statistics/autocorrelation.ts';
import { batches, batchRule } from '../../../src/domain/statistics/batches.ts';
import { bootstrapDifference } from '../../../src/domain/statistics/block-bootstrap.ts';
import { blockLength } from '../../../src/domain/statistics/block-length.ts';
import { medianInPlace } from '../../../src/domain/statistics/median-in-place.ts';
import { detectableShift, timesNeeded } from '../../../src/domain/statistics/power.ts';
import { clopperPearson, trialsNeeded } from '../../../src/domain/statistics/proportion.ts';
import { quantile } from '../../../src/domain/statistics/quantile.ts';
import { seededRandom } from '../../../src/domain/statistics/random.ts';
import { rankEvidence } from '../../../src/domain/statistics/rank-martingale.ts';
import { rankSum } from '../../../src/domain/statistics/rank-sum.ts';
import { hodgesLehmann } from '../../../src/domain/statistics/shift.ts';
import { autoregression } from './series.ts';

const numbers = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 12 });
const strata = fc.array(fc.record({ reference: numbers, treated: numbers }), { minLength: 1, maxLength: 3 });

test('the bound of the shift and the test that it comes from never contradict each other', () => {
  fc.assert(
    fc.property(strata, (given) => {
      const distinct = given.map(({ reference, treated }, s) => ({
        reference: reference.map((value, i) => value + i / 1_000 + s / 77),
        treated: treated.map((value, i) => value + 0.000_5 + i / 1_000),
      }));
      const shift = hodgesLehmann(distinct, 0.95)!;
      expect([distinct, shift.low > 0]).toEqual([distinct, rankSum(distinct)!.greater <= 0.05 + 1e-12]);
      expect([distinct, shift.high < 0]).toEqual([distinct, rankSum(distinct)!.less <= 0.05 + 1e-12]);
      expect(shift.low).toBeLessThanOrEqual(shift.estimate);
      expect(shift.high).toBeGreaterThanOrEqual(shift.estimate);
    }),
  );
});

test('exchanging the sides exchanges the tails, and the order of the strata and of the values within a side is nothing', () => {
  fc.assert(
    fc.property(strata, (given) => {
      const test = rankSum(given)!;
      const turned = rankSum(given.map(({ reference, treated }) => ({ reference: treated, treated: reference })))!;
      expect([turned.greater, turned.less]).toEqual([expect.closeTo(test.less, 12), expect.closeTo(test.greater, 12)]);
      const mixed = [...given].reverse().map((each) => ({ reference: [...each.reference].reverse(), treated: [...each.treated].sort() }));
      expect(rankSum(mixed)).toEqual({
        ...test,
        greater: expect.closeTo(test.greater, 12) as number,
        less: expect.closeTo(test.less, 12) as number,
      });
    }),
  );
});

test('a stratum without values on one side changes nothing', () => {
  const one = { reference: [1, 2, 3], treated: [4, 5] };
  expect(rankSum([one, { reference: [], treated: [9] }])).toEqual(rankSum([one]));
  expect(hodgesLehmann([{ reference: [NaN], treated: [1] }], 0.9)).toBeUndefined();
});

test('exact and normal tails agree where there are many values', () => {
  const random = seededRandom(3);
  const given = [{ reference: Array.from({ length: 30 }, random), treated: Array.from({ length: 30 }, () => random() + 0.15) }];
  expect(rankSum(given, 'exact')!.greater).toBeCloseTo(rankSum(given, 'normal')!.greater, 3);
});

describe('sequential evidence', () => {
  const play = (seed: number, shift: number, length: number) => {
    const random = seededRandom(seed);
    const values = Array.from({ length: 20 + length }, () => Math.floor(random() * 30));
    return rankEvidence([{ reference: values.slice(0, 20), treated: values.slice(20).map((value) => value + shift) }], seed);
  };

  test('ever reaches 1/α with chance α at most, equal values or not, at every moment looked at', () => {
    const runs = 600;
    const alarms = Array.from({ length: runs }, (_, seed) => play(seed, 0, 100)).filter((path) => path.some(({ larger }) => larger >= 20));
    expect(alarms.length / runs).toBeLessThan(0.05);
  });

  test('finds a shift towards either side, and a shift the other way only lowers it', () => {
    const found = (shift: number, side: 'larger' | 'smaller') =>
      Array.from({ length: 50 }, (_, seed) => play(seed, shift, 60)).filter((path) => path.some((step) => step[side] >= 20)).length;
    expect(found(20, 'larger')).toBeGreaterThan(45);
    expect(found(-20, 'smaller')).toBeGreaterThan(45);
    expect(found(-20, 'larger')).toBe(0);
  });

  test('the same data and seed give the same evidence', () => expect(play(5, 0, 30)).toEqual(play(5, 0, 30)));
});

describe('dependent series', () => {
  test.each([0, 0.5, 0.8])('the autocorrelation time is not underestimated at φ = %d', (phi) => {
    const truth = (1 + phi) / (1 - phi);
    const found = Array.from({ length: 40 }, (_, seed) =>
      autocorrelationTime([autoregression(seed, phi, 200), autoregression(seed + 99, phi, 200)]),
    );
    expect(found.filter((time) => time >= truth * 0.9).length).toBeGreaterThanOrEqual(36);
  });

  test('a constant and a short series have no dependence to read', () => {
    expect([autocorrelationTime([[1, 1, 1, 1, 1, 1, 1, 1, 1]]), autocorrelationTime([[1, 2]]), autocorrelationTime([])]).toEqual([1, 1, 1]);
    expect([blockLength([4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]), blockLength([1, 2]), blockLength([])]).toEqual([1, 1, 1]);
  });

  test('batches leave their gaps and their remainder out', () => {
    expect(batchRule(1)).toEqual({ length: 2, gap: 1 });
    expect(batches([1, 3, 100, 5, 7, 100, 9], { length: 2, gap: 1 }, 'mean')).toEqual([2, 6]);
    expect(batches([1, 1, 7], { length: 3, gap: 1 }, 'median')).toEqual([1]);
    expect(batches([], { length: 3, gap: 1 }, 'median')).toEqual([]);
  });

  test('the quick median is the median', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 80 }), (values) => {
        expect(medianInPlace(Float64Array.from(values)) + 0).toBe((quantile(values, 0.5) ?? NaN) + 0);
        const coarse = values.map((value) => Math.sign(value));
        expect(medianInPlace(Float64Array.from(coarse)) + 0).toBe((quantile(coarse, 0.5) ?? NaN) + 0);
      }),
    ));

  test('the block bootstrap covers the true difference about as often as it says, where independent resampling would not', () => {
    const covers = Array.from({ length: 80 }, (_, seed) =>
      bootstrapDifference(autoregression(seed, 0.7, 100), autoregression(seed + 1_000, 0.7, 100), medianInPlace, {
        confidence: 0.9,
        seed,
        resamples: 100,
      }),
    ).filter((interval) => interval!.low <= 0 && interval!.high >= 0);
    expect(covers.length).toBeGreaterThan(80 * 0.78);
    expect(covers.length).toBeLessThan(80);
    expect(bootstrapDifference([], [1], medianInPlace, { confidence: 0.9, seed: 1 })).toBeUndefined();
  });
});

describe('planning', () => {
  test('with the planned number of values the planned power is reached', () => {
    const aim = { alpha: 0.05, power: 0.8 };
    const shift = detectableShift(25, 25, 1, aim);
    const hits = Array.from({ length: 400 }, (_, seed) => {
      const all = autoregression(seed, 0, 50);
      return (
        rankSum([{ reference: all.slice(0, 25), treated: all.slice(25).map((value) => value + shift) }], 'normal')!.greater <= aim.alpha
      );
    }).filter(Boolean).length;
    expect(hits / 400).toBeGreaterThan(0.74);
    expect(hits / 400).toBeLessThan(0.88);
    expect(timesNeeded(25, 25, 1, shift / 2, aim)).toBeCloseTo(4, 9);
    expect([timesNeeded(5, 5, 1, 0, aim), detectableShift(0, 5, 1, aim)]).toEqual([Infinity, Infinity]);
  });

  test('as many successes as planned, and not one fewer, lift the lower bound to the promise', () => {
    for (const ratio of [0.5, 0.8, 0.95]) {
      const n = trialsNeeded(ratio, 0.9);
      expect(clopperPearson(n, n, 0.9)!.low).toBeGreaterThanOrEqual(ratio);
      expect(clopperPearson(n - 1, n - 1, 0.9)!.low).toBeLessThan(ratio);
    }
  });

  test('quantiles refuse what is no share', () => expect([quantile([1, 2], 1.1), quantile([1, 2], NaN)]).toEqual([undefined, undefined]));
});
