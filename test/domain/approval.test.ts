import fc from 'fast-check';
import { describeApproved, fewestApproved, whyVoid, type Approved, type Taken } from '../../src/domain/approval.ts';

const taken = (all: number, aimedAt = all): Taken => ({ all, aimedAt });
const approvedFor = (all: number, waves: Record<string, number> = { stress: all }): Approved => ({ all, waves, mayDropBy: 0.2 });

test.each([
  [10, 8],
  [9, 8],
  [7, 6],
  [5, 4],
  [4, 4],
  [1, 1],
  [0, 0],
])('of %i approved at 20%%, %i must be left: what may go is rounded down', (approved, fewest) => {
  expect(fewestApproved(approved, 0.2)).toBe(fewest);
  expect(whyVoid(approvedFor(approved), 'stress', { all: fewest, aimedAt: fewest, taken: taken(0) })).toBeUndefined();
  if (fewest > 0) expect(whyVoid(approvedFor(approved), 'stress', { all: fewest - 1, aimedAt: fewest, taken: taken(0) })).toMatch(/void/);
});

test('names both numbers, the tolerance and the remedy', () => {
  expect(whyVoid(approvedFor(10), 'stress', { all: 7, aimedAt: 7, taken: taken(0) })).toBe(
    'the approval is void: it was given for 10 targets that live and are ready, and 7 are left; approvals.populationMayDropBy is 20%, so that 8 must be: plan it again, and have it approved anew',
  );
  expect(describeApproved(approvedFor(10))).toBe('for 10 targets that live and are ready; void when fewer than 8 of them are left');
});

test('a wave’s own targets count too, and what nobody knows counts as gone', () => {
  const approved = approvedFor(50, { canary: 4 });
  expect(whyVoid(approved, 'canary', { all: 50, aimedAt: 3, taken: taken(0) })).toMatch(/for 4 targets of wave canary .* 3 are left/);
  expect(whyVoid(approved, 'canary', { all: undefined, aimedAt: 4, taken: taken(0) })).toMatch(/an unknown number are left/);
  expect(whyVoid(approved, 'other', { all: 50, aimedAt: 4, taken: taken(0) })).toMatch(/without a count of the targets of wave other/);
});

test('what the run itself took, with nothing to bring it back, does not void its approval', () => {
  expect(whyVoid(approvedFor(4), 'stress', { all: 2, aimedAt: 2, taken: taken(2) })).toBeUndefined();
  expect(whyVoid(approvedFor(4), 'stress', { all: 1, aimedAt: 1, taken: taken(2) })).toMatch(
    /1 are left beside 2 that this run has taken since/,
  );
});

test('whom the run took of other targets does not stand for those of this wave', () => {
  const present = { all: 8, aimedAt: 2, taken: taken(2, 0) };
  expect(whyVoid(approvedFor(10, { canary: 4 }), 'canary', present)).toMatch(/for 4 targets of wave canary .* 2 are left; /);
  expect(whyVoid(approvedFor(10, { canary: 4 }), 'canary', { ...present, taken: taken(2) })).toBeUndefined();
});

test('never stands for a drop beyond its share, never falls without a drop', () => {
  const numbers = fc.record({ all: fc.nat(10_000), now: fc.nat(12_000), mayDropBy: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(numbers, ({ all, now, mayDropBy }) => {
      const why = whyVoid({ all, waves: { w: all }, mayDropBy }, 'w', { all: now, aimedAt: now, taken: taken(0) });
      if (why === undefined) expect(now).toBeGreaterThanOrEqual(all * (1 - mayDropBy) - 1e-6);
      if (now >= all) expect(why).toBeUndefined();
    }),
  );
});
