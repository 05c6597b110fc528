/** A cumulative reading, in one of the groups that are added up (a bucket, a side of a ratio). */
export interface Counter {
  /** Tells one series from another. */
  series: string;
  group: string;
  value: number;
}

/** Running totals per group. */
export type Totals = ReadonlyMap<string, number>;

/**
 * Turns counters that are sometimes reset (a restarted process) into totals that only grow, per group.
 * A counter below its last value began anew at 0. A series that was not there in the scrape before was born since and counts from 0,
 * so that the first error of its kind is seen; in the first scrape of all it says nothing.
 * Series that vanished are remembered, and forgotten when there are more than `maxSeries`.
 */
export class GrowingTotals {
  readonly #last = new Map<string, number>();
  readonly #totals = new Map<string, number>();
  readonly #maxSeries: number;
  #isFirst = true;

  constructor(maxSeries = 5_000) {
    this.#maxSeries = maxSeries;
  }

  /** @returns the totals since the first call @throws Error when there are more series than may be remembered */
  add(counters: readonly Counter[]): Totals {
    if (counters.length > this.#maxSeries)
      throw new Error(`${counters.length} series match, at most ${this.#maxSeries} may; name more labels`);
    for (const { series, group, value } of counters) {
      const last = this.#last.get(series) ?? (this.#isFirst ? value : 0);
      const grown = value >= last ? value - last : value;
      this.#totals.set(group, (this.#totals.get(group) ?? 0) + grown);
      this.#last.delete(series);
      this.#last.set(series, value);
    }
    for (const series of this.#last.keys()) {
      if (this.#last.size <= this.#maxSeries) break;
      this.#last.delete(series); // the oldest first: a Map keeps the order of insertion
    }
    if (counters.length > 0) this.#isFirst = false;
    return new Map(this.#totals);
  }
}

/** How much each group has grown, and over which time. */
export interface Growth {
  of(group: string): number;
  groups: string[];
  elapsedMs: number;
}

interface Entry {
  atMs: number;
  totals: Totals;
}

const MAX_ENTRIES = 256;

/**
 * Remembers totals over a sliding window, in bounded space: at most about 256 points, however often it is fed.
 * Without a window it compares with the point before.
 */
export class SlidingGrowth {
  readonly #windowMs: number | undefined;
  readonly #entries: Entry[] = [];
  #newest: Entry | undefined;

  constructor(windowMs?: number) {
    this.#windowMs = windowMs;
  }

  /** Adds a point. Undefined while there is no earlier one within the window to compare with. */
  push(atMs: number, totals: Totals): Growth | undefined {
    if (this.#newest !== undefined && atMs < this.#newest.atMs) this.#entries.length = 0; // the clock was set back
    const previous = this.#newest;
    this.#newest = { atMs, totals };
    const base = this.#windowMs === undefined ? previous : this.#base(atMs, this.#windowMs);
    if (this.#windowMs !== undefined) this.#keep(this.#newest, this.#windowMs);
    if (base === undefined || atMs <= base.atMs) return undefined;
    return {
      of: (group) => (totals.get(group) ?? 0) - (base.totals.get(group) ?? 0),
      groups: [...totals.keys()],
      elapsedMs: atMs - base.atMs,
    };
  }

  /** The youngest point that is as old as the window, so that all of it is covered; younger ones until there is such a point. */
  #base(nowMs: number, windowMs: number): Entry | undefined {
    const entries = this.#entries;
    while (entries.length > 1 && nowMs - (entries[1]?.atMs ?? nowMs) >= windowMs) entries.shift();
    while (entries[0] !== undefined && nowMs - entries[0].atMs > 2 * windowMs) entries.shift();
    return entries[0];
  }

  #keep(entry: Entry, windowMs: number): void {
    const last = this.#entries.at(-1);
    if (last === undefined || entry.atMs - last.atMs >= windowMs / MAX_ENTRIES) this.#entries.push(entry);
  }
}
