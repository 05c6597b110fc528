import fc from 'fast-check';
import { bucketWidth, downsample } from '../../src/records/downsample.ts';
import { courseOf } from '../../src/records/sample-numbers.ts';
import type { SampleStretch } from '../../src/records/signal.ts';

const T0 = Date.parse('2026-11-23T20:10:00.123Z');
// 0 and -0 are one number to whoever reads a record.
const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }).map((value) => value + 0);

/** Stretches as a run has them: one after the other, each in its own place. */
const stretches = fc
  .array(fc.array(fc.tuple(fc.integer({ min: 1, max: 90_000 }), fc.option(number)), { maxLength: 60 }), { maxLength: 6 })
  .map((parts): SampleStretch[] => {
    let atMs = T0;
    return parts.map((part, i) => ({
      ...{ wave: i < 3 ? 'canary' : 'stress', iteration: Math.floor((i % 3) / 2), phase: i % 2 ? 'fault' : 'baseline' },
      atMs: Float64Array.from(part, ([gapMs]) => (atMs += gapMs)),
      values: Float64Array.from(part, ([, value]) => value ?? NaN),
      problems: part.flatMap(([, value], n) => (value === null ? [`no-data: ${i}/${n}`] : [])),
    }));
  });

const least = (values: readonly number[]): number | null => (values.length ? values.reduce((a, b) => Math.min(a, b)) : null);
const most = (values: readonly number[]): number | null => (values.length ? values.reduce((a, b) => Math.max(a, b)) : null);

test('buckets lose no sample, no extreme, no problem, and keep to their stretch', () =>
  fc.assert(
    fc.property(stretches, (given) => {
      const { buckets } = downsample('p95', given);
      for (const { wave, iteration, phase, problems, ...stretch } of given) {
        const [atMs, values] = [[...stretch.atMs], [...stretch.values]];
        const mine = buckets.filter((b) => atMs.some((at) => at >= b.fromMs && at <= b.toMs));
        const valued = values.filter((value) => !Number.isNaN(value));
        expect(mine.every((b) => b.wave === wave && b.iteration === iteration && b.phase === phase)).toBe(true);
        expect(mine.reduce((sum, b) => sum + b.values, 0)).toBe(valued.length);
        expect(mine.reduce((sum, b) => sum + b.problems, 0)).toBe(problems.length);
        expect(least(mine.flatMap(({ min }) => min ?? []))).toBe(least(valued));
        expect(most(mine.flatMap(({ max }) => max ?? []))).toBe(most(valued));
        for (const b of mine) {
          expect(b.min === null ? null : values[atMs.indexOf(b.minAtMs ?? 0)]).toBe(b.min);
          expect(b.max === null ? null : values[atMs.indexOf(b.maxAtMs ?? 0)]).toBe(b.max);
          expect(b.last === null ? null : values[atMs.indexOf(b.lastAtMs ?? 0)]).toBe(b.last);
          if (b.mean !== null) {
            expect(b.mean).toBeGreaterThanOrEqual((b.min ?? NaN) - 1e-3);
            expect(b.mean).toBeLessThanOrEqual((b.max ?? NaN) + 1e-3);
          }
        }
      }
    }),
  ));

test('numbers of a phase are those of all its samples, for the run, each wave and each iteration', () =>
  fc.assert(
    fc.property(stretches, (given) => {
      const { numbers } = downsample('p95', given);
      for (const one of numbers) {
        const mine = given.filter(
          ({ phase, wave, iteration }) =>
            phase === one.phase && (one.wave === null || wave === one.wave) && (one.iteration === null || iteration === one.iteration),
        );
        const values = mine.flatMap((stretch) => [...stretch.values].filter((value) => !Number.isNaN(value)));
        const sorted = [...values].sort((a, b) => a - b);
        const middle = [sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN, sorted[Math.ceil((sorted.length - 1) / 2)] ?? NaN];
        expect([one.values, one.min, one.max]).toEqual([values.length, least(values), most(values)]);
        expect(one.problems).toBe(mine.reduce((sum, { problems }) => sum + problems.length, 0));
        if (values.length > 0) expect(one.median).toBeCloseTo(((middle[0] ?? NaN) + (middle[1] ?? NaN)) / 2, 3);
        expect(one.course).toEqual(one.wave !== null && one.iteration === null ? values : []);
      }
      expect(numbers.filter(({ wave }) => wave === null)).toHaveLength(
        new Set(given.filter(({ atMs }) => atMs.length).map(({ phase }) => phase)).size,
      );
    }),
  ));

test('a long run has about a thousand buckets, of a width that a person expects; a short one loses nothing', () => {
  expect([40_000, 600_000, 21_600_000, 7 * 86_400_000, 1e13].map(bucketWidth)).toEqual([50, 1_000, 30_000, 900_000, 864e5 * 116]);
  const second = (i: number): number => T0 + i * 1_000;
  const of = (length: number): SampleStretch => ({
    ...{ wave: 'w', iteration: 0, phase: 'fault', problems: [] },
    atMs: Float64Array.from({ length }, (_, i) => second(i)),
    values: Float64Array.from({ length }, (_, i) => (i === 7_777 ? 1e6 : i % 10)),
  });
  const { buckets } = downsample('p95', [of(21_600)]);
  expect(buckets.length).toBeLessThanOrEqual(721);
  expect(buckets.find(({ max }) => max === 1e6)).toMatchObject({ maxAtMs: second(7_777), min: 0 });
  expect(downsample('p95', [of(600)]).buckets.map(({ last }) => last)).toEqual([...of(600).values]);
});

test('a course is medians of neighbours, 300 at most', () => {
  expect(courseOf(Float64Array.of(3, 1, 2))).toEqual([3, 1, 2]);
  const long = courseOf(Float64Array.from({ length: 1_000 }, (_, i) => i));
  expect(long).toHaveLength(250);
  expect(long.slice(0, 2)).toEqual([1.5, 5.5]);
});
