import fc from 'fast-check';
import { StopCondition } from '../../src/domain/experiment/conditions.ts';
import { GuardSettings } from '../../src/domain/experiment/metadata.ts';
import { findBlindness, guardRules, newGuardState, observe } from '../../src/domain/guard.ts';
import { certainSkew, judge, type Motion, type Reading, type SightRules } from '../../src/domain/sight.ts';
import { newStreak, watch } from '../../src/domain/stop-conditions.ts';
import { coverage, emptySummary, summarise } from '../../src/domain/summary.ts';

const NOW = 1_700_000_000_000;
const rules = (change: Partial<SightRules> = {}): SightRules => ({ maxSkewMs: 5_000, defaultMaxAgeMs: 5_000, ...change });
const value = (number: number, more: Partial<Reading> = {}): Reading => ({ ...more, kind: 'value', value: number });
const clock = (fromMs: number, toMs = fromMs) => ({ whose: 'db:5432', fromMs, toMs });
const told = (reading: Reading, change: Partial<SightRules> = {}, motion?: Motion, nowMs = NOW): number | string => {
  const { measurement } = judge(reading, rules(change), { wallMs: nowMs, steadyMs: nowMs }, motion);
  return measurement.kind === 'value' ? measurement.value : `${measurement.kind}: ${measurement.reason}`;
};

test('a value without anything said about it is a value, and nothing of its origin goes on', () => {
  const { measurement } = judge(value(7, { sourceAtMs: NOW, clock: clock(0), raw: 3 }), rules(), { wallMs: NOW, steadyMs: NOW });
  expect(measurement).toEqual({ kind: 'value', value: 7 });
});

describe('age', () => {
  test.each<[string, Partial<Reading>, Partial<SightRules>, number | RegExp]>([
    ['as old as allowed', { sourceAtMs: NOW - 5_000 }, {}, 1],
    ['older than the default', { sourceAtMs: NOW - 5_001 }, {}, /^no-data: the value is 5.0 s old \(maxAge 5 s\)$/],
    ['older than written', { sourceAtMs: NOW - 42_000 }, { maxAgeMs: 30_000 }, /^no-data: the value is 42.0 s old \(maxAge 30 s\)$/],
    ['what is written wins over what is usual', { sourceAtMs: NOW - 42_000, usualAgeMs: 9e9 }, { maxAgeMs: 41_500 }, /41.5 s/],
    ['as old as usual for the source', { sourceAtMs: NOW - 60_000, usualAgeMs: 60_000 }, {}, 1],
    ['without a time', {}, {}, 1],
    ['without a time, though one is asked for', {}, { maxAgeMs: 30_000 }, /^no-data: the source tells no time/],
    ['a little in the future', { sourceAtMs: NOW + 5_000 }, {}, 1],
    ['dated in the future', { sourceAtMs: NOW + 12_000 }, {}, /^no-data: the value is dated 12.0 s in the future \(maxSkew 5 s\)$/],
    ['at a time that is none', { sourceAtMs: NaN }, {}, /^no-data: the time of the value is not a time$/],
    ["by the source's clock, which is behind", { sourceAtMs: NOW - 8_000, clock: clock(-4_000) }, {}, 1],
    ["by the source's clock, which is ahead", { sourceAtMs: NOW - 2_000, clock: clock(4_000) }, {}, /6.0 s old/],
  ])('%s', (_name, origin, change, expected) => {
    const answer = told(value(1, origin), change);
    if (typeof expected === 'number') expect(answer).toBe(expected);
    else expect(answer).toMatch(expected);
  });
});

describe('skew', () => {
  test.each([
    [-1_000, 500, 0],
    [0, 0, 0],
    [3, 9, 3],
    [-9, -3, -3],
  ])('between %i and %i ms, %i is certain', (fromMs, toMs, certain) => expect(certainSkew(clock(fromMs, toMs))).toBe(certain));

  test('what cannot be told from no skew is none, and what is certainly too far is an error with the remedy', () => {
    expect(told(value(1, { clock: clock(5_000, 6_000) }))).toBe(1);
    expect(told(value(1, { clock: clock(11_500, 12_500) }))).toBe(
      "error: the clock of db:5432 is 12.0 s ahead of this worker's (maxSkew 5 s): synchronise both (NTP)",
    );
    expect(told(value(1, { clock: clock(-12_500, -11_500) }))).toMatch(/is 12.0 s behind this worker's/);
    expect(told({ kind: 'no-data', reason: 'empty', clock: clock(60_000) })).toMatch(/^error: the clock of/);
  });
});

describe('what must move', () => {
  const within = { mustMoveWithinMs: 30_000 };
  /** Readings a second apart, from a first motion on. */
  function series(raws: readonly (number | Reading)[]): (number | string)[] {
    let motion: Motion | undefined;
    return raws.map((raw, i) => {
      const at = NOW + i * 1_000;
      const reading = typeof raw === 'number' ? value(0, { raw }) : raw;
      const seen = judge(reading, rules(within), { wallMs: at, steadyMs: at }, motion);
      motion = seen.motion;
      return seen.measurement.kind === 'value' ? seen.measurement.value : `${seen.measurement.kind}: ${seen.measurement.reason}`;
    });
  }

  test('proves nothing before it was seen to move', () =>
    expect(series([5, 5, 5, 6])).toEqual([
      'no-data: it has not been seen to move yet, for 0.0 s (mustMoveWithin 30 s)',
      'no-data: it has not been seen to move yet, for 1.0 s (mustMoveWithin 30 s)',
      'no-data: it has not been seen to move yet, for 2.0 s (mustMoveWithin 30 s)',
      0,
    ]));

  test('a counter beneath a rate of 0 that stands still is frozen, and no calm', () => {
    const answers = series([1, 2, ...Array<number>(31).fill(2), 3]);
    expect(answers.slice(1, 32)).toEqual(Array(31).fill(0));
    expect(answers[32]).toBe('no-data: frozen: 2 has not moved for 31.0 s (mustMoveWithin 30 s)');
    expect(answers[33]).toBe(0);
  });

  test('a reset is a movement', () => expect(series([1, 2, 0]).at(-1)).toBe(0));

  test('the first scrape of a rate, which has no value yet, is where it stood', () => {
    const first: Reading = { kind: 'no-data', reason: 'no earlier scrape', raw: 5 };
    expect(series([first, 6])).toEqual(['no-data: no earlier scrape', 0]);
  });

  test('failures neither move it nor let it rest', () => {
    const failed: Reading = { kind: 'error', reason: 'refused' };
    expect(series([1, 2, ...Array<Reading>(40).fill(failed), 2]).at(-1)).toMatch(/^no-data: frozen: 2 has not moved for 41.0 s/);
  });

  test('a stale or wrongly clocked answer is no movement', () => {
    const stale = value(0, { raw: 3, sourceAtMs: 0 });
    const skewed = value(0, { raw: 4, clock: clock(60_000) });
    expect(series([1, stale, skewed, 1]).at(-1)).toMatch(/not been seen to move/);
  });

  test('a guard that goes on from a checkpoint knows since when it stands', () => {
    const motion = JSON.parse(JSON.stringify({ raw: 2, sinceMs: NOW - 31_000, moved: true })) as Motion;
    expect(told(value(0, { raw: 2 }), within, motion)).toMatch(/frozen: 2 has not moved for 31.0 s/);
    expect(told(value(0, { raw: 3 }), within, motion)).toBe(0);
  });
});

/** A reading that must not count: too old, from the future, by a wrong clock, or of a counter that has stood still for too long. */
const blindReading = fc.record({
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  fault: fc.constantFrom<Partial<Reading>>(
    { sourceAtMs: NOW - 10_001 },
    { sourceAtMs: NOW - 1e9 },
    { sourceAtMs: NOW + 9e9 },
    { sourceAtMs: NaN },
    { clock: clock(5_001, 9_000) },
    { clock: clock(-9e9, -5_001) },
    { raw: 7 },
  ),
});
const blindRules = rules({ maxAgeMs: undefined, defaultMaxAgeMs: 10_000, mustMoveWithinMs: 1_000 });
const frozen: Motion = { raw: 7, sinceMs: NOW - 2_000, moved: true };
const measure = ({ number, fault }: { number: number; fault: Partial<Reading> }, stepMs: number) =>
  judge(value(number, { raw: 7, ...fault }), blindRules, { wallMs: NOW, steadyMs: NOW + stepMs }, frozen).measurement;

test('no stale, frozen or skewed reading ends a streak, completes one, or counts as coverage', () =>
  fc.assert(
    fc.property(fc.array(blindReading, { minLength: 1, maxLength: 30 }), (readings) => {
      const watched = { condition: StopCondition.parse({ probe: 'errors', above: 1, for: '1s' }) };
      let streak = { ...newStreak, sinceMs: 0 };
      let summary = emptySummary;
      readings.forEach((reading, i) => {
        const measurement = measure(reading, i);
        const seen = watch(streak, watched, { probe: 'errors', atMs: 1e6 + i, measurement });
        streak = { ...streak, ...seen.state };
        summary = summarise(summary, measurement);
        expect([measurement.kind === 'value', seen.breach, streak.sinceMs]).toEqual([false, undefined, 0]);
      });
      expect([summary.values, coverage(summary)]).toEqual([0, 0]);
    }),
  ));

test('a guard that is fed with nothing else breaches by maxBlind', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(blindReading, fc.integer({ min: 1, max: 900 })), { minLength: 100, maxLength: 120 }), (readings) => {
      const guard = guardRules(
        {
          stopConditions: [StopCondition.parse({ probe: 'errors', above: 1 })],
          steadyState: [],
          guard: GuardSettings.parse({ maxBlind: '10s', maxConsecutiveErrors: 100 }),
        },
        {},
      );
      let [state, atMs] = [newGuardState(guard, 0), 0];
      for (const [reading, stepMs] of readings) {
        if (atMs + stepMs > 10_000) break;
        atMs += stepMs;
        const seen = observe(state, guard, { probe: 'errors', atMs, measurement: measure(reading, 0) });
        state = seen.state;
        expect(seen.breach?.blind ?? true).toBe(true);
      }
      expect(findBlindness(state, guard, 10_001)).toMatchObject({ blind: true });
    }),
  ));
