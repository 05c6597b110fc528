import { median } from './summary.ts';

/** One answer of the signal of completed transactions per second; null: it gave no value. */
export interface Rate {
  atMs: number;
  value: number | null;
}

/** What an iteration cost in transactions. */
export interface BusinessImpact {
  /** Median of the baseline, transactions per second. */
  usual: number;
  /** Mean while it was watched, transactions per second. */
  during: number;
  /** Not done by the end of the watch: what was not made up for. */
  lost: number;
  /** Not done in time, but made up for by the end. */
  late: number;
  /** How large a shortfall the noise of the baseline alone makes over the same time: less than this shows nothing. Null: the baseline is too short to tell. */
  byChance: number | null;
  /** How long it was watched, and how much of that nobody saw; what was not seen is in no number. Milliseconds. */
  watchedMs: number;
  unseenMs: number;
}

/** Stretches of a baseline below which its noise cannot be told. */
const LEAST_STRETCHES = 10;
/** A gap of more than so many usual intervals is not seen. */
const GAP = 3;

interface Stretch {
  /** Deviation from the usual rate, transactions per second, and how long it held, milliseconds. */
  value: number;
  ms: number;
}

/** Each value holds until the next answer, unless that is long in coming. */
function stretches(rates: readonly Rate[]): { seen: Stretch[]; unseenMs: number } {
  const ordered = [...rates].sort((a, b) => a.atMs - b.atMs);
  const gaps = ordered.slice(1).map(({ atMs }, i) => atMs - (ordered[i]?.atMs ?? atMs));
  const most = GAP * (median(gaps) ?? 0);
  const seen: Stretch[] = [];
  let unseenMs = 0;
  ordered.slice(1).forEach((_next, i) => {
    const ms = gaps[i] ?? 0;
    const value = ordered[i]?.value ?? null;
    if (value === null || ms > most) unseenMs += ms;
    else seen.push({ value, ms });
  });
  return { seen, unseenMs };
}

/** Runs up what is short of the usual rate: how far it ever was behind, and at the end. Transactions. */
function shortfall(seen: readonly Stretch[], usual: number): { worst: number; best: number; end: number } {
  let [sum, worst, best] = [0, 0, 0];
  for (const { value, ms } of seen) {
    sum += ((usual - value) * ms) / 1_000;
    worst = Math.max(worst, sum);
    best = Math.min(best, sum);
  }
  return { worst, best, end: Math.max(0, sum) };
}

/** How far noise goes in either direction, for a stretch of `overMs`. */
function noiseOf(calm: readonly Stretch[], usual: number, overMs: number): number | null {
  if (calm.length < LEAST_STRETCHES) return null;
  const { worst, best } = shortfall(calm, usual);
  return Math.max(worst, -best) * Math.sqrt(overMs / lengthOf(calm));
}

const lengthOf = (seen: readonly Stretch[]): number => seen.reduce((sum, { ms }) => sum + ms, 0);

/**
 * Transactions lost or late: the difference to the usual rate, summed up over time. What is behind at the end is lost; what was behind
 * before and was made up for is late. Noise adds up like a random walk, so that of the baseline is scaled with the root of the time.
 * @param before the baseline
 * @param during from the first injection until steady state was seen again
 * @returns undefined without a value on either side: no data is no impact of zero
 */
export function businessImpact(before: readonly Rate[], during: readonly Rate[]): BusinessImpact | undefined {
  const usual = median(before.flatMap(({ value }) => value ?? []));
  const [calm, watched] = [stretches(before), stretches(during)];
  const seenMs = lengthOf(watched.seen);
  if (usual === undefined || seenMs === 0) return undefined;
  const { worst, end } = shortfall(watched.seen, usual);
  return {
    usual,
    during: watched.seen.reduce((sum, { value, ms }) => sum + value * ms, 0) / seenMs,
    lost: end,
    late: Math.max(0, worst - end),
    byChance: noiseOf(calm.seen, usual, seenMs),
    watchedMs: seenMs + watched.unseenMs,
    unseenMs: watched.unseenMs,
  };
}
