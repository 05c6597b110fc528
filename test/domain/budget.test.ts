import fc from 'fast-check';
import { spentOf, whyBudgetLow, whyTooDear, type Remaining } from '../../src/domain/budget.ts';

const rule = { slo: 'payments', keep: 0.2 };

test('a wave is afforded when budget, less what others reserved, covers it and leaves what must be kept', () => {
  expect(whyTooDear({ rule, cost: 0.05, remaining: 0.3, reserved: 0.05 })).toBeUndefined();
  expect(whyTooDear({ rule, cost: 0.05, remaining: 0.29, reserved: 0.05 })).toBe(
    'the error budget of payments has 29% left, 5% of it reserved by other runs; the wave is expected to cost 5%, and 20% must be left',
  );
  expect(whyTooDear({ rule: { slo: 'payments', keep: 0 }, cost: 0.1, remaining: -0.4, reserved: 0 })).toMatch(/has -40% left/);
});

test('no data is never enough', () => {
  expect(whyTooDear({ rule, cost: 0, remaining: undefined, reserved: 0 })).toMatch(/no data/);
  expect(whyTooDear({ rule, cost: 0, remaining: 1, reserved: undefined })).toMatch(/older version/);
});

test('less is never dearer, and more left never hurts', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(share, share, share, share, (cost, remaining, reserved, less) => {
      if (whyTooDear({ rule, cost, remaining, reserved }) !== undefined) return;
      expect(whyTooDear({ rule, cost: cost * less, remaining, reserved })).toBeUndefined();
      expect(whyTooDear({ rule, cost, remaining: remaining + less, reserved: reserved * less })).toBeUndefined();
    }),
  );
});

test('what was spent is the fall from the first value to the lowest, and unknown without two', () => {
  expect(spentOf([0.9, 0.85, 0.8, 0.82])).toBeCloseTo(0.1);
  expect(spentOf([0.5, 0.6])).toBe(0);
  expect(spentOf([0.5])).toBeUndefined();
  expect(spentOf([])).toBeUndefined();
});

test.each<[string, Record<string, Remaining>, RegExp | undefined]>([
  ['enough of each', { a: { left: 0.5 }, b: { left: 1 } }, undefined],
  ['too little of one', { a: { left: 0.499 }, b: { left: 1 } }, /^49.9% is left of the error budget of a, below 50%$/],
  ['overspent', { a: { left: -2 } }, /^-200% is left/],
  ['no answer of one', { a: { left: 1 }, b: { unknown: 'no data' } }, /^what is left of the error budget of b cannot be told: no data$/],
  ['no SLO at all', {}, /no SLO that could tell/],
])('a floor of the error budget: %s', (_what, budgets, why) => {
  const said = whyBudgetLow(0.5, budgets);
  if (why) expect(said).toMatch(why);
  else expect(said).toBeUndefined();
});
