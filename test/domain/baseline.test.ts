import { findIncidents, findUnmet, sumUpBaseline } from '../../src/domain/baseline.ts';
import { Precondition, StopCondition, Tolerance } from '../../src/domain/experiment/conditions.ts';
import { coverage, emptySummary, median, summarise } from '../../src/domain/summary.ts';
import { describeTolerance, distance, isWithin } from '../../src/domain/tolerance.ts';
import fc from 'fast-check';
import { failure, noData, value } from './facts.ts';

const clause = Precondition.parse({ probe: 'queue', tolerance: { atMost: 30 } });
const values = (...all: number[]) => all.map((number, i) => value('queue', i, number));
const unmetWhy = (samples: Parameters<typeof sumUpBaseline>[0]) => findUnmet([clause], sumUpBaseline(samples)).map(({ why }) => why);

test('the first answers without data are the warm-up of a rate and do not count', () => {
  const baseline = sumUpBaseline([noData('queue', 0), noData('queue', 1), ...values(10, 20, 12)]);
  expect(baseline.summaries['queue']).toMatchObject({ values: 3, problems: 0, min: 10, max: 20, last: 12 });
  expect(baseline.medians).toEqual({ queue: 12 });
});

test('a signal that gave nothing has only problems, and no median', () => {
  const baseline = sumUpBaseline([noData('queue', 0), failure('queue', 1)]);
  expect(baseline.summaries['queue']).toMatchObject({ values: 0, problems: 2, lastProblem: 'refused' });
  expect(baseline.medians).toEqual({});
});

test.each<[string, Parameters<typeof sumUpBaseline>[0], RegExp | undefined]>([
  ['it holds', values(10, 20, 30), undefined],
  ['one outlier is forgiven', values(10, 99, 10), undefined],
  ['the median is outside', values(99, 99, 10), /^median 99$/],
  ['the newest value is outside', values(10, 10, 99), /^last value 99$/],
  ['there are no samples at all', [], /^no data$/],
  ['no sample had a value', [failure('queue', 0)], /^no data: refused$/],
  ['too many samples had none', [...values(1, 1, 1), failure('queue', 8), noData('queue', 9)], /^2 of 5 answers had no value: empty$/],
  ['only another signal was seen', [value('errors', 0, 1)], /^no data$/],
])('a clause: %s', (_name, samples, why) => {
  const found = unmetWhy(samples);
  expect(found).toHaveLength(why ? 1 : 0);
  if (why) expect(found[0]).toMatch(why);
});

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });

test('a summary tells the same as the values that it was made of', () =>
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1 }), (all) => {
      const summary = all.reduce((sum, number) => summarise(sum, { kind: 'value', value: number }), emptySummary);
      expect(summary).toMatchObject({ values: all.length, min: Math.min(...all), max: Math.max(...all), last: all.at(-1) });
      expect(summary.mean).toBeCloseTo(all.reduce((a, b) => a + b, 0) / all.length, 2);
      const middle = median(all) ?? NaN;
      expect(all.filter((one) => one <= middle).length * 2).toBeGreaterThanOrEqual(all.length);
      expect(all.filter((one) => one >= middle).length * 2).toBeGreaterThanOrEqual(all.length);
    }),
  ));

test('nothing covers nothing', () => {
  expect(coverage(emptySummary)).toBe(0);
  expect(median([])).toBeUndefined();
});

test.each<[object, string, number[], number[]]>([
  [{ atMost: 5 }, '≤ 5', [5, -9], [5.001]],
  [{ atLeast: 5 }, '≥ 5', [5, 9], [4.999]],
  [{ above: 5 }, '> 5', [5.001], [5]],
  [{ below: 5 }, '< 5', [4.999], [5]],
  [{ between: [1, 5] }, 'between 1 and 5', [1, 3, 5], [0.999, 5.001]],
  [{ equals: 5 }, '= 5', [5], [5.001, 4]],
])('%j is %s', (written, text, within, outside) => {
  const tolerance = Tolerance.parse(written);
  expect(describeTolerance(tolerance)).toBe(text);
  for (const one of within) expect([one, isWithin(tolerance, one), distance(tolerance, one)]).toEqual([one, true, 0]);
  for (const one of [...outside, NaN, Infinity, -Infinity]) expect([one, isWithin(tolerance, one)]).toEqual([one, false]);
});

test('distance grows outwards, on both sides', () => {
  const tolerance = Tolerance.parse({ between: [10, 20] });
  expect([distance(tolerance, 2), distance(tolerance, 15), distance(tolerance, 25)]).toEqual([8, 0, 5]);
});

describe('an incident that goes on already', () => {
  const alerts = StopCondition.parse({ probe: 'queue', above: 30, for: '5m', incident: true });
  const found = (condition: StopCondition, ...all: number[]) => findIncidents([condition], sumUpBaseline(values(...all)));

  test('is seen in the median or the newest value, whatever its `for` says', () => {
    expect(found(alerts, 30, 30, 30)).toEqual([]);
    expect(found(alerts, 30, 30, 31)).toEqual([{ probe: 'queue', tolerance: 'no incident: ≤ 30', why: 'last value 31' }]);
    expect(found(StopCondition.parse({ probe: 'queue', below: 5, incident: true }), 4, 4, 4)).toHaveLength(1);
  });

  test('cannot be excluded without data', () => expect(findIncidents([alerts], sumUpBaseline([failure('queue', 0)]))).toHaveLength(1));

  test('is none where the condition is not marked, or compares with this very baseline', () => {
    for (const written of [{ above: 30 }, { above: 30, incident: false }, { aboveBaseline: '40%', incident: true }])
      expect(found(StopCondition.parse({ probe: 'queue', ...written }), 99, 99)).toEqual([]);
  });
});
