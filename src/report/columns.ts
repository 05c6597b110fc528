import type { SampleBucket } from '../records/ports.ts';

/** What a plot draws at one place of the time axis. Times in epoch milliseconds. */
export interface Column {
  /** The middle of its samples. */
  atMs: number;
  values: number;
  min: number;
  max: number;
  mean: number;
  /** The first answer without a value. */
  problem?: { atMs: number; text: string };
}

/** A hole is longer than this many usual distances between columns. */
const HOLE = 4;

function merged(buckets: readonly SampleBucket[]): Column {
  const valued = buckets.filter(({ values }) => values > 0);
  const values = valued.reduce((sum, bucket) => sum + bucket.values, 0);
  const [fromMs, toMs] = [buckets[0]?.fromMs ?? 0, buckets.reduce((latest, bucket) => Math.max(latest, bucket.toMs), 0)];
  const failed = buckets.find(({ problemAtMs }) => problemAtMs !== null);
  return {
    atMs: (fromMs + toMs) / 2,
    values,
    min: valued.reduce((least, { min }) => Math.min(least, min ?? least), Infinity),
    max: valued.reduce((most, { max }) => Math.max(most, max ?? most), -Infinity),
    mean: valued.reduce((mean, bucket) => mean + (bucket.mean ?? 0) * (bucket.values / values), 0),
    ...(failed && { problem: { atMs: failed.problemAtMs ?? fromMs, text: failed.problem ?? '' } }),
  };
}

/**
 * Buckets of a signal as columns of a plot, by time; no extreme is lost. An answer without a value ends a column, so that a gap stays a gap.
 * @param columnMs least width of a column; 0 keeps every bucket
 */
export function columnsOf(buckets: readonly SampleBucket[], columnMs: number): Column[] {
  const columns: Column[] = [];
  let group: SampleBucket[] = [];
  const end = (): void => {
    if (group.length > 0) columns.push(merged(group));
    group = [];
  };
  for (const bucket of buckets) {
    const [first] = group;
    const isSame = first !== undefined && columnMs > 0 && Math.floor(first.fromMs / columnMs) === Math.floor(bucket.fromMs / columnMs);
    if (!isSame || (first.values === 0) !== (bucket.values === 0)) end();
    group.push(bucket);
  }
  end();
  return columns;
}

/** Adds an empty column into every hole: where nothing was asked, no line may be drawn. */
export function withHoles(columns: readonly Column[]): Column[] {
  const distances = columns.slice(1).map(({ atMs }, i) => atMs - (columns[i]?.atMs ?? atMs));
  const usual = [...distances].sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
  return columns.flatMap((column, i) => {
    const before = columns[i - 1];
    if (!before || usual === 0 || column.atMs - before.atMs <= HOLE * usual) return [column];
    return [{ atMs: (before.atMs + column.atMs) / 2, values: 0, min: 0, max: 0, mean: 0 }, column];
  });
}
