import { quantileOfSorted } from '../domain/statistics/quantile.ts';
import type { SampleNumbers, SampleStretch } from './signal.ts';

/** Points of a wave's course: an interval that was reckoned from more would be the same, and cost more. */
const MOST_POINTS = 300;

const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();
const present = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);

/** Medians of neighbours, so that at most 300 points are left. */
export function courseOf(values: readonly number[]): number[] {
  const width = Math.ceil(values.length / MOST_POINTS);
  if (width <= 1) return [...values];
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) =>
    quantileOfSorted(sorted(values.slice(i * width, (i + 1) * width)), 0.5),
  );
}

const scopeOf = ({ wave, iteration }: SampleStretch): Pick<SampleNumbers, 'wave' | 'iteration'> => ({ wave, iteration });

/** Stretches of the same phase as one. */
function numbers(stretches: readonly SampleStretch[], scope: Pick<SampleNumbers, 'wave' | 'iteration'>): SampleNumbers[] {
  const [first] = stretches;
  if (!first) return [];
  const all = stretches.flatMap(({ values }) => present(values));
  const inOrder = sorted(all);
  const at = (p: number): number | null => (inOrder.length ? quantileOfSorted(inOrder, p) : null);
  const isWave = scope.wave !== null && scope.iteration === null;
  return [
    {
      ...scope,
      phase: first.phase,
      fromMs: stretches.reduce((least, { atMs }) => Math.min(least, atMs[0] ?? least), Infinity),
      toMs: stretches.reduce((most, { atMs }) => Math.max(most, atMs.at(-1) ?? most), -Infinity),
      values: all.length,
      problems: stretches.reduce((sum, { problems }) => sum + problems.length, 0),
      ...{ min: at(0), p05: at(0.05), median: at(0.5), p95: at(0.95), max: at(1) },
      mean: all.length ? all.reduce((mean, value, i) => mean + (value - mean) / (i + 1), 0) : null,
      course: isWave ? courseOf(all) : [],
    },
  ];
}

function grouped(stretches: readonly SampleStretch[], keyOf: (stretch: SampleStretch) => unknown): SampleStretch[][] {
  const groups = new Map<string, SampleStretch[]>();
  for (const stretch of stretches) {
    const key = JSON.stringify(keyOf(stretch));
    groups.set(key, [...(groups.get(key) ?? []), stretch]);
  }
  return [...groups.values()];
}

/** The numbers of each phase: of the run, then of each wave, then of each iteration. Stretches in the order of time, none of them empty. */
export function numbersOf(stretches: readonly SampleStretch[]): SampleNumbers[] {
  return [
    ...grouped(stretches, ({ phase }) => phase).flatMap((group) => numbers(group, { wave: null, iteration: null })),
    ...grouped(stretches, ({ wave, phase }) => [wave, phase]).flatMap((group) =>
      numbers(group, { wave: group[0]?.wave ?? '', iteration: null }),
    ),
    ...stretches.flatMap((stretch) => numbers([stretch], scopeOf(stretch))),
  ];
}
