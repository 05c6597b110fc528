import type { RecordedSample } from './ports.ts';
import type { RecordedSignal, SampleBucket, SampleStretch } from './signal.ts';
import { numbersOf } from './sample-numbers.ts';

/** Most buckets of a signal, give or take one at each end of a stretch: as many as a wide screen has columns. */
const MOST_BUCKETS = 1_000;

/** Widths that a person expects, milliseconds: 1-2-5 below a second, then parts of a minute, an hour and a day. */
const WIDTHS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 20, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * 3_600_000),
];

/** The narrowest width that cuts this span into a thousand buckets or fewer; below that, whole days. */
export function bucketWidth(spanMs: number): number {
  const least = spanMs / MOST_BUCKETS;
  return WIDTHS.find((width) => width >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
}

/** A bucket that begins at this instant. One plain literal and no spread: a long run has tens of thousands. */
const emptyBucket = ({ wave, iteration, phase }: SampleStretch, fromMs: number): SampleBucket => ({
  wave,
  iteration,
  phase,
  fromMs,
  toMs: fromMs,
  values: 0,
  problems: 0,
  min: null,
  minAtMs: null,
  max: null,
  maxAtMs: null,
  mean: null,
  last: null,
  lastAtMs: null,
  problem: null,
  problemAtMs: null,
});

function takeValue(bucket: SampleBucket, value: number, atMs: number): void {
  bucket.values++;
  if (bucket.min === null || value < bucket.min) {
    bucket.min = value;
    bucket.minAtMs = atMs;
  }
  if (bucket.max === null || value > bucket.max) {
    bucket.max = value;
    bucket.maxAtMs = atMs;
  }
  const mean = bucket.mean ?? 0;
  bucket.mean = mean + (value - mean) / bucket.values;
  bucket.last = value;
  bucket.lastAtMs = atMs;
}

function takeProblem(bucket: SampleBucket, problem: string, atMs: number): void {
  bucket.problems++;
  if (bucket.problem !== null) return;
  bucket.problem = problem;
  bucket.problemAtMs = atMs;
}

function bucketsOf(stretch: SampleStretch, widthMs: number): SampleBucket[] {
  const { atMs: times, values, problems } = stretch;
  const buckets: SampleBucket[] = [];
  let bucket: SampleBucket | undefined;
  let column = NaN;
  let problem = 0;
  for (let i = 0; i < times.length; i++) {
    const atMs = times[i] ?? NaN;
    const mine = Math.floor(atMs / widthMs);
    if (bucket === undefined || mine !== column) {
      bucket = emptyBucket(stretch, atMs);
      buckets.push(bucket);
      column = mine;
    }
    bucket.toMs = atMs;
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) takeProblem(bucket, problems[problem++] ?? '', atMs);
    else takeValue(bucket, value, atMs);
  }
  return buckets;
}

/**
 * One signal in small: buckets that lose no extreme and no problem, and its numbers, reckoned from every sample. The same samples give the same
 * answer, so a page looks alike before and after the samples themselves are deleted.
 */
export function downsample(probe: string, stretches: readonly SampleStretch[]): RecordedSignal {
  const filled = stretches.filter(({ atMs }) => atMs.length > 0).sort((a, b) => (a.atMs[0] ?? 0) - (b.atMs[0] ?? 0));
  const firstMs = filled[0]?.atMs[0] ?? 0;
  const lastMs = filled.reduce((latest, { atMs }) => Math.max(latest, atMs.at(-1) ?? latest), firstMs);
  const widthMs = bucketWidth(lastMs - firstMs);
  const buckets = filled.flatMap((stretch) => bucketsOf(stretch, widthMs)).sort((a, b) => a.fromMs - b.fromMs);
  return { probe, isFull: true, buckets, numbers: numbersOf(filled) };
}

/** A stretch that still grows. */
type Growing = Omit<SampleStretch, 'atMs' | 'values'> & { atMs: number[]; values: number[] };

/** All signals by name, from samples that are in memory already, by time. */
export function signalsFromSamples(samples: readonly RecordedSample[]): RecordedSignal[] {
  const probes = new Map<string, Map<string, Growing>>();
  for (const { probe, wave, iteration, phase, atMs, measurement } of samples) {
    const stretches = probes.get(probe) ?? new Map<string, Growing>();
    probes.set(probe, stretches);
    const key = JSON.stringify([wave, iteration, phase]);
    const stretch = stretches.get(key) ?? { wave, iteration, phase, atMs: [], values: [], problems: [] };
    stretches.set(key, stretch);
    stretch.atMs.push(atMs);
    stretch.values.push(measurement.kind === 'value' ? measurement.value : NaN);
    if (measurement.kind !== 'value') stretch.problems.push(`${measurement.kind}: ${measurement.reason}`);
  }
  const grown = ({ atMs, values, ...place }: Growing): SampleStretch => ({
    ...place,
    atMs: Float64Array.from(atMs),
    values: Float64Array.from(values),
  });
  return [...probes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([probe, stretches]) => downsample(probe, [...stretches.values()].map(grown)));
}
