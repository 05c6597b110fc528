import { sum } from './finite.ts';
import { seededRandom } from './random.ts';
import type { Stratum } from './rank-sum.ts';

/** Stakes on "the next rank is high"; the evidence is their average, so none has to be the right one. */
const STAKES = [0.3, 0.6, 0.9] as const;

/** Evidence so far, as what a fair bet against "no difference" would have made of 1. */
export interface RankEvidence {
  /** For treated values that are larger than the reference. */
  larger: number;
  /** For treated values that are smaller. */
  smaller: number;
}

/**
 * Sequential rank evidence, valid at every moment: after each treated value, its rank among the reference and the treated values
 * before it, equal values in random order. Without a difference these ranks are independent of each other and even, whatever the
 * values are distributed like; so each stake's fortune is a fair game, and by Ville's inequality it *ever* reaches 1/α with chance
 * α at most, however often one looks. Strata multiply, because they are independent games. A shift in the other direction only
 * lowers the fortune.
 * @param strata iterations, each with its reference first and its treated values in the order of time
 * @param seed   decides the order of equal values
 * @param minus  subtracted from the treated values: evidence that a shift is smaller than this
 * @returns the evidence after each treated value, in order; empty without any
 * @see Vovk, Nouretdinov and Gammerman 2003, "Testing exchangeability on-line"; Ville 1939; Robbins 1970 for the mixture
 */
export function rankEvidence(strata: readonly Stratum[], seed: number, minus = 0): RankEvidence[] {
  const random = seededRandom(seed);
  const rises = strata.flatMap((stratum) => sequentialRanks(stratum, minus, random));
  const games = STAKES.flatMap((stake) => [
    { stake, fortune: 1 },
    { stake: -stake, fortune: 1 },
  ]);
  return rises.map((rise) => {
    for (const game of games) game.fortune *= 1 + game.stake * rise;
    const average = (isMine: (stake: number) => boolean): number =>
      sum(games.filter(({ stake }) => isMine(stake)).map(({ fortune }) => fortune)) / STAKES.length;
    return { larger: average((stake) => stake > 0), smaller: average((stake) => stake < 0) };
  });
}

/** Each treated value's rank among all before it, mapped to −1…1 with mean 0. */
function sequentialRanks({ reference, treated }: Stratum, minus: number, random: () => number): number[] {
  const seen = [...reference];
  return treated.map((value) => {
    const shifted = value - minus;
    const equal = seen.filter((other) => other === shifted).length;
    const below = seen.filter((other) => other < shifted).length + (equal > 0 ? Math.floor(random() * (equal + 1)) : 0);
    const rise = (2 * below - seen.length) / (seen.length + 1);
    seen.push(shifted);
    return rise;
  });
}
