import fc from 'fast-check';
import { errorShares, judge, type Look } from '../../../src/domain/comparison/judge.ts';
import { describeJudgement } from '../../../src/domain/comparison/judgement.ts';
import type { ComparisonRule } from '../../../src/domain/comparison/rule.ts';
import { autoregression } from '../statistics/series.ts';

const rule: ComparisonRule = { probe: 'latency', design: 'before-after', harm: 'increase', effect: 20, alpha: 0.05, power: 0.8 };
const look = (change: Partial<Look> = {}): Look => ({ wave: 'canary', taken: 1, planned: 1, waves: 1, seed: 7, ...change });

/** Latencies about 100 with neighbours correlated; the second half is shifted. */
const iteration = (seed: number, shift: number, length = 200) => {
  const all = autoregression(seed, 0.4, 2 * length).map((z) => 100 + 10 * z);
  return { reference: all.slice(0, length), treated: all.slice(length).map((value) => value + shift) };
};
const one = (strata: ReturnType<typeof iteration>[], change: Partial<ComparisonRule> = {}, where: Partial<Look> = {}) =>
  judge([{ rule: { ...rule, ...change }, strata }], look(where))[0]!;

test('a shift as large as matters is refuted at the end, with its numbers', () => {
  const found = one([iteration(1, 40)]);
  expect(found).toMatchObject({ outcome: 'refuted', decidedBy: 'at-end', isFinal: true, effect: 20 });
  expect(found.shift).toBeGreaterThan(30);
  expect(found.p).toBeLessThan(0.05);
  expect(describeJudgement(found)).toMatch(/^latency shifted by \d.* against before-after, the effect that matters is 20; p 0\.0/);
});

test('no shift holds: the largest that the data leave possible is smaller than what matters', () => {
  const found = one([iteration(2, 0)]);
  expect(found).toMatchObject({ outcome: 'holds', decidedBy: 'at-end' });
  expect(found.high).toBeLessThan(20);
});

test('a shift that is certain but too small to matter is no harm', () => {
  expect(one([iteration(3, 12, 2_000)], { effect: 30 })).toMatchObject({ outcome: 'holds' });
});

test('a fall is harm where a fall does harm, and only there', () => {
  expect(one([iteration(4, -40)]).outcome).toBe('holds');
  expect(one([iteration(4, -40)], { harm: 'decrease' })).toMatchObject({ outcome: 'refuted' });
});

test('the effect may be a share of the reference', () => {
  expect(one([iteration(5, 40)], { effect: undefined, effectOfBaseline: 0.2 })).toMatchObject({ outcome: 'refuted' });
  expect(one([iteration(5, 40)], { effect: undefined, effectOfBaseline: 0.2 }).effect).toBeCloseTo(20, -1);
});

describe('what is missing is said', () => {
  test('too short', () => {
    const found = one([iteration(6, 0, 20)]);
    expect(found).toMatchObject({ outcome: 'undecided' });
    expect(found.missing).toMatch(/only \d and \d independent batches \(\d+ samples in a row make one independent batch\): measure longer/);
  });

  test('too noisy: how many iterations would do', () => {
    const found = one([iteration(7, 0), iteration(8, 0)], { effect: 3, alpha: 0.01 }, { taken: 2, planned: 2 });
    expect(found.outcome).toBe('undecided');
    expect(Number(/about (\d+) iterations instead of 2/.exec(found.missing ?? '')?.[1])).toBeGreaterThan(2);
  });

  test.each([
    ['nothing at all', []],
    ['no reference', [{ reference: [], treated: [1, 2, 3] }]],
    ['values that are no numbers', [{ reference: [NaN, NaN], treated: [NaN] }]],
  ])('%s', (_name, strata) => expect(one(strata)).toMatchObject({ outcome: 'undecided', shift: null, low: null, high: null }));

  test('before the last look nothing is missing yet', () =>
    expect(one([iteration(9, 25)], { effect: 60 }, { taken: 1, planned: 5 }).missing).toBe('more iterations are planned'));
});

test('large harm and a clear absence of harm are shown before the last iteration', () => {
  const after = (count: number, shift: number, effect: number) =>
    one(
      Array.from({ length: count }, (_, i) => iteration(20 + i, shift)),
      { effect },
      { taken: count, planned: 8 },
    );
  expect(after(3, 60, 20)).toMatchObject({ outcome: 'refuted', decidedBy: 'at-look', isFinal: false });
  expect(after(3, 0, 60)).toMatchObject({ outcome: 'holds', decidedBy: 'at-look', isFinal: false });
});

test('the error is divided among waves, and between the looks on the way and the end', () => {
  expect(errorShares(0.04, { planned: 1, waves: 2 })).toEqual({ look: 0, end: 0.02 });
  expect(errorShares(0.04, { planned: 3, waves: 1 })).toEqual({ look: 0.02, end: 0.02 });
});

test('more comparisons make each of them harder', () => {
  const harm = { rule, strata: [iteration(31, 21)] };
  const quiet = { rule: { ...rule, probe: 'other' }, strata: [iteration(32, 0)] };
  const [alone] = judge([harm], look());
  const [beside] = judge([harm, quiet, quiet, quiet], look());
  expect(beside!.p).toBeCloseTo(Math.min(1, 4 * alone!.p!), 10);
});

test('the judge always answers, within bounds, and the same for the same data', () => {
  const values = fc.array(fc.oneof(fc.double({ min: -1e6, max: 1e6 }), fc.constantFrom(0, NaN, Infinity)), { maxLength: 40 });
  const data = fc.array(fc.record({ reference: values, treated: values }), { maxLength: 3 });
  fc.assert(
    fc.property(data, fc.integer({ min: 1, max: 4 }), (strata, planned) => {
      const found = one(strata, {}, { taken: planned, planned });
      expect(['holds', 'refuted', 'undecided']).toContain(found.outcome);
      expect(found.p).toBeGreaterThanOrEqual(0);
      expect(found.p).toBeLessThanOrEqual(1);
      if (found.outcome === 'undecided') expect(found.missing).toBeTruthy();
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
      expect(one(structuredClone(strata), {}, { taken: planned, planned })).toEqual(found);
    }),
  );
});
