import { isUsable, sum } from './finite.ts';
import { normalCdf } from './normal.ts';
import { subsetSums, type Distribution } from './rank-sum-distribution.ts';
import { midranks, tieTerm } from './ranks.ts';

/** What is compared: values before or beside, and values under the fault. Strata (iterations) are only compared within themselves. */
export interface Stratum {
  reference: readonly number[];
  treated: readonly number[];
}

/** How surely the treated values are larger. */
export interface RankSum {
  /** Pairs in which the treated value is larger, ties counting half; over all strata. */
  u: number;
  pairs: number;
  /** Chance of a `u` as large or larger when there is no difference. */
  greater: number;
  /** Chance of a `u` as small or smaller. */
  less: number;
  method: 'exact' | 'normal';
}

/** Up to this many values in each stratum the distribution is enumerated; beyond, the normal approximation is as good. */
export const MOST_EXACT = 60;

/** Strata with values on both sides; undefined when there is none, or a value is not finite. */
export function usableStrata(strata: readonly Stratum[]): Stratum[] | undefined {
  const usable = strata.filter(({ reference, treated }) => reference.length > 0 && treated.length > 0);
  const isFinite = usable.every(({ reference, treated }) => isUsable(reference) && isUsable(treated));
  return usable.length > 0 && isFinite ? usable : undefined;
}

const uOf = (ranks: readonly number[], { reference, treated }: Stratum): number =>
  sum(ranks.slice(reference.length)) - (treated.length * (treated.length + 1)) / 2;

/**
 * Wilcoxon–Mann–Whitney rank-sum test, stratified: exact given the ties up to 60 values a stratum, otherwise normal with tie
 * correction and continuity correction.
 * @param method forces one of them; the tests compare both with SciPy
 * @returns undefined without values on both sides
 * @see Mann and Whitney 1947; van Elteren 1960 for strata (with equal weights); Streitberg and Röhmel 1986 for ties
 */
export function rankSum(given: readonly Stratum[], method?: RankSum['method']): RankSum | undefined {
  const strata = usableStrata(given);
  if (!strata) return undefined;
  const isSmall = strata.every(({ reference, treated }) => reference.length + treated.length <= MOST_EXACT);
  const ranked = strata.map((stratum) => ({ stratum, ranks: midranks([...stratum.reference, ...stratum.treated]) }));
  const u = sum(ranked.map(({ stratum, ranks }) => uOf(ranks, stratum)));
  const pairs = sum(strata.map(({ reference, treated }) => reference.length * treated.length));
  const chosen = method ?? (isSmall ? 'exact' : 'normal');
  return { u, pairs, ...(chosen === 'exact' ? exactTails(ranked, u) : normalTails(strata, u, pairs)), method: chosen };
}

/** Ranks are doubled, so that midranks are whole numbers. */
function exactTails(ranked: readonly { stratum: Stratum; ranks: number[] }[], u: number): Pick<RankSum, 'greater' | 'less'> {
  const doubled = ranked.map(({ stratum, ranks }): Distribution => {
    const m = stratum.treated.length;
    const { from, chances } = subsetSums(
      ranks.map((rank) => Math.round(2 * rank)),
      m,
    );
    return { from: from - m * (m + 1), chances };
  });
  const { from, chances } = doubled.reduce(convolve);
  const at = Math.round(2 * u) - from;
  return { greater: Math.min(1, sum([...chances.slice(Math.max(0, at))])), less: Math.min(1, sum([...chances.slice(0, at + 1)])) };
}

/** Distribution of the sum of two independent whole numbers. */
export function convolve(a: Distribution, b: Distribution): Distribution {
  const chances = new Float64Array(a.chances.length + b.chances.length - 1);
  a.chances.forEach((p, i) => {
    if (p > 0) b.chances.forEach((q, j) => (chances[i + j] = (chances[i + j] ?? 0) + p * q));
  });
  return { from: a.from + b.from, chances };
}

function normalTails(strata: readonly Stratum[], u: number, pairs: number): Pick<RankSum, 'greater' | 'less'> {
  const variance = sum(
    strata.map(({ reference, treated }) => {
      const [n, m] = [reference.length, treated.length];
      const total = n + m;
      return ((n * m) / 12) * (total + 1 - tieTerm([...reference, ...treated]) / (total * (total - 1)));
    }),
  );
  const tail = (distance: number): number => (variance > 0 ? normalCdf(-(distance - 0.5) / Math.sqrt(variance)) : 1);
  return { greater: tail(u - pairs / 2), less: tail(pairs / 2 - u) };
}

/** Cliff's delta: how much more often the treated value of a pair is larger than smaller, −1 to 1. @see Cliff 1993, Psychological Bulletin 114(3) */
export const cliffsDelta = ({ u, pairs }: Pick<RankSum, 'u' | 'pairs'>): number => (2 * u) / pairs - 1;
