import { normalQuantile } from './normal.ts';

/** What a comparison is planned with. */
export interface Aim {
  /** Chance of a false alarm, one-sided. */
  alpha: number;
  /** Chance to see an effect that is there. */
  power: number;
}

const reach = ({ alpha, power }: Aim): number => normalQuantile(1 - alpha) + normalQuantile(power);

/** Asymptotic efficiency of the rank sum against the mean for normal data, 3/π: what a plan in standard deviations pays for robustness. */
const EFFICIENCY = 3 / Math.PI;

/**
 * Smallest shift that a rank-sum test with `n` against `m` independent values detects with the asked power.
 * @param sigma spread of the values: 1.4826 × MAD estimates it robustly
 * @see Noether 1987, JASA 82(398); Lehmann 1975, Nonparametrics, 2.4 for the efficiency
 */
export const detectableShift = (n: number, m: number, sigma: number, aim: Aim): number =>
  n > 0 && m > 0 ? sigma * reach(aim) * Math.sqrt((1 / n + 1 / m) / EFFICIENCY) : Infinity;

/** The other way round: how many times as many values as `n` and `m` are needed for `shift`; never below 1. */
export const timesNeeded = (n: number, m: number, sigma: number, shift: number, aim: Aim): number =>
  shift <= 0 ? Infinity : Math.max(1, (detectableShift(n, m, sigma, aim) / shift) ** 2);
