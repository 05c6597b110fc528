import { quantileOfSorted } from '../domain/statistics/quantile.ts';
import type { SampleNumbers, SampleStretch } from './signal.ts';

/** Points of a wave's course: an interval that was reckoned from more would be the same, and cost more. */
const MOST_POINTS = 300;

/** A stretch with what is asked of it several times: its values in the order of time, and sorted. */
interface Part {
  stretch: SampleStretch;
  values: Float64Array;
  sorted: Float64Array;
}

const partOf = (stretch: SampleStretch): Part => {
  const values = stretch.problems.length === 0 ? stretch.values : stretch.values.filter((value) => !Number.isNaN(value));
  return { stretch, values, sorted: values.slice().sort() };
};

function joined(all: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of all) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

/** Medians of neighbours, so that at most 300 points are left. */
export function courseOf(values: Float64Array): number[] {
  const width = Math.ceil(values.length / MOST_POINTS);
  if (width <= 1) return [...values];
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) =>
    quantileOfSorted(values.slice(i * width, (i + 1) * width).sort(), 0.5),
  );
}

function meanOf(values: Float64Array): number | null {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += ((values[i] ?? NaN) - mean) / (i + 1);
  return values.length > 0 ? mean : null;
}

/** Stretches of the same phase as one. */
function numbers(parts: readonly Part[], scope: Pick<SampleNumbers, 'wave' | 'iteration'>): SampleNumbers[] {
  const [first] = parts;
  if (!first) return [];
  const values = parts.length === 1 ? first.values : joined(parts.map((part) => part.values));
  const sorted = parts.length === 1 ? first.sorted : joined(parts.map((part) => part.sorted)).sort();
  const at = (p: number): number | null => (sorted.length > 0 ? quantileOfSorted(sorted, p) : null);
  const isWave = scope.wave !== null && scope.iteration === null;
  return [
    {
      ...scope,
      phase: first.stretch.phase,
      fromMs: parts.reduce((least, { stretch }) => Math.min(least, stretch.atMs[0] ?? least), Infinity),
      toMs: parts.reduce((most, { stretch }) => Math.max(most, stretch.atMs.at(-1) ?? most), -Infinity),
      values: values.length,
      problems: parts.reduce((sum, { stretch }) => sum + stretch.problems.length, 0),
      ...{ min: at(0), p05: at(0.05), median: at(0.5), p95: at(0.95), max: at(1), mean: meanOf(values) },
      course: isWave ? courseOf(values) : [],
    },
  ];
}

function grouped(parts: readonly Part[], keyOf: (stretch: SampleStretch) => unknown): Part[][] {
  const groups = new Map<string, Part[]>();
  for (const part of parts) {
    const key = JSON.stringify(keyOf(part.stretch));
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  return [...groups.values()];
}

/** The numbers of each phase: of the run, then of each wave, then of each iteration. Stretches in the order of time, none of them empty. */
export function numbersOf(stretches: readonly SampleStretch[]): SampleNumbers[] {
  const parts = stretches.map(partOf);
  return [
    ...grouped(parts, ({ phase }) => phase).flatMap((group) => numbers(group, { wave: null, iteration: null })),
    ...grouped(parts, ({ wave, phase }) => [wave, phase]).flatMap((group) =>
      numbers(group, { wave: group[0]?.stretch.wave ?? '', iteration: null }),
    ),
    ...parts.flatMap((part) => numbers([part], { wave: part.stretch.wave, iteration: part.stretch.iteration })),
  ];
}
