import fc from 'fast-check';
import { StopCondition } from '../../src/domain/experiment/conditions.ts';
import type { Sample } from '../../src/domain/sample.ts';
import {
  describeCondition,
  limitOf,
  newStreak,
  watch,
  type Breach,
  type StreakState,
  type WatchedCondition,
} from '../../src/domain/stop-conditions.ts';
import { failure, noData, value } from './facts.ts';

const condition = (written: object, baseline?: number): WatchedCondition => ({
  condition: StopCondition.parse({ probe: 'errors', ...written }),
  ...(baseline !== undefined && { baseline }),
});

/** Feeds samples until the first breach. */
function feed(watched: WatchedCondition, samples: readonly Sample[]): { state: StreakState; breach?: Breach | undefined } {
  let state = newStreak;
  for (const sample of samples) {
    const seen = watch(state, watched, sample);
    state = seen.state;
    if (seen.breach) return { state, breach: seen.breach };
  }
  return { state };
}

const series = (values: readonly number[], stepMs = 1_000): Sample[] => values.map((number, i) => value('errors', i * stepMs, number));

describe('above 10 for 3s', () => {
  const watched = condition({ above: 10, for: '3s' });
  test('is breached by the sample that completes three seconds, and not before', () => {
    expect(feed(watched, series([11, 11, 11])).breach).toBeUndefined();
    expect(feed(watched, series([11, 11, 11, 11])).breach).toEqual({
      probe: 'errors',
      rule: 'errors > 10 for 3 s',
      value: 11,
      limit: 10,
      atMs: 3_000,
      blind: false,
    });
  });
  test('is broken by one good sample', () => {
    expect(feed(watched, series([11, 11, 11, 10, 11, 11, 11])).breach).toBeUndefined();
    expect(feed(watched, series([11, 11, 11, 10, 11, 11, 11, 11])).breach?.atMs).toBe(7_000);
  });
  test('is neither fed nor broken by a sample without a value', () => {
    const hidden = [
      value('errors', 0, 11),
      noData('errors', 1_000),
      failure('errors', 2_000),
      noData('errors', 3_000),
      noData('errors', 4_000),
    ];
    expect(feed(watched, hidden).breach).toBeUndefined();
    expect(feed(watched, [...hidden, value('errors', 5_000, 11)]).breach?.atMs).toBe(5_000);
  });
  test('is not fooled by what is no number', () => expect(feed(watched, series([11, NaN, NaN, 11])).breach?.atMs).toBe(3_000));
});

test('without `for`, the first bad sample is enough; the limit itself is good', () => {
  expect(feed(condition({ above: 10 }), series([10, 10, 10.01])).breach?.atMs).toBe(2_000);
  expect(feed(condition({ below: 10 }), series([10, 10, 9.99])).breach).toMatchObject({ atMs: 2_000, rule: 'errors < 10' });
});

describe('against the baseline', () => {
  test('40% above 50 is 70', () => {
    const watched = condition({ aboveBaseline: '40%' }, 50);
    expect(limitOf(watched)).toBeCloseTo(70);
    expect(feed(watched, series([69, 70, 71])).breach?.atMs).toBe(2_000);
  });
  test('minDelta is the least difference that counts', () => {
    expect(limitOf(condition({ aboveBaseline: '40%', minDelta: 40 }, 10))).toBe(50);
    expect(limitOf(condition({ aboveBaseline: '40%', minDelta: 40 }, 1_000))).toBe(1_400);
    expect(limitOf(condition({ belowBaseline: '50%', minDelta: 40 }, 10))).toBe(-30);
  });
  test('a baseline of 0 without minDelta means: anything above 0', () => {
    expect(limitOf(condition({ aboveBaseline: '40%' }, 0))).toBe(0);
    expect(limitOf(condition({ aboveBaseline: '40%', minDelta: 5 }, 0))).toBe(5);
  });
  test('a negative baseline has its limit on the right side', () => {
    expect(limitOf(condition({ aboveBaseline: '50%' }, -10))).toBe(-5);
    expect(limitOf(condition({ belowBaseline: '50%' }, -10))).toBe(-15);
  });
  test('an unknown baseline has no limit, and says so', () => {
    expect(limitOf(condition({ aboveBaseline: '40%' }))).toBeUndefined();
    expect(describeCondition(condition({ aboveBaseline: '40%' }))).toBe('errors > unknown baseline');
  });
});

describe('consecutive errors', () => {
  const watched = condition({ consecutiveErrors: 3 });
  test('failures and answers without data count, and the third is blindness', () => {
    expect(feed(watched, [failure('errors', 0), noData('errors', 1), failure('errors', 2)]).breach).toEqual({
      probe: 'errors',
      rule: 'errors failed 3 times in a row: refused',
      value: null,
      limit: 3,
      atMs: 2,
      blind: true,
    });
  });
  test('a value, even a bad one, begins the count anew', () => {
    expect(
      feed(watched, [failure('errors', 0), failure('errors', 1), value('errors', 2, 1e9), failure('errors', 3), failure('errors', 4)])
        .breach,
    ).toBeUndefined();
  });
});

const readings = fc.array(fc.constantFrom(0, 5, 10, 11, 50, null), { minLength: 1, maxLength: 60 });
const toSamples = (all: readonly (number | null)[]): Sample[] =>
  all.map((one, i) => (one === null ? noData('errors', i * 1_000) : value('errors', i * 1_000, one)));

test('a breach means: bad now, and no good value within the time before', () =>
  fc.assert(
    fc.property(readings, fc.nat(10), (all, forSeconds) => {
      const { breach } = feed(condition({ above: 10, for: `${forSeconds}s` }), toSamples(all));
      const streaks = all.map((one, i) => {
        if (one === null || one <= 10) return false;
        const lastGood = all.slice(0, i).findLastIndex((other) => other !== null && other <= 10);
        const firstBad = all.findIndex((other, j) => j > lastGood && other !== null && other > 10);
        return i - firstBad >= forSeconds;
      });
      expect(breach?.atMs).toBe(streaks.includes(true) ? streaks.indexOf(true) * 1_000 : undefined);
    }),
  ));

describe('incident', () => {
  test('a breach of such a condition says so, and only of such a one', () => {
    expect(feed(condition({ above: 10, incident: true }), series([11])).breach).toMatchObject({ incident: true, blind: false });
    for (const written of [{ above: 10 }, { above: 10, incident: false }])
      expect(feed(condition(written), series([11])).breach).not.toHaveProperty('incident');
  });
});
