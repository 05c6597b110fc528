import { clopperPearson } from '../../dist/domain/statistics/proportion.js';

/** A share of simulated runs with its 99 % interval: what chance in the simulation itself can do. */
export function rate(hits, runs) {
  const { low, high } = clopperPearson(hits, runs, 0.99);
  return { share: hits / runs, low: round(low), high: round(high) };
}

/** The same beside a nominal level that it must not exceed by more than chance. */
export const rateAtMost = (hits, runs, nominal) => ({ ...rate(hits, runs), nominal, met: clopperPearson(hits, runs, 0.99).low <= nominal });

export const round = (value) => Number(value.toFixed(5));

/** The lower median; null without values. */
export const median = (values) => (values.length === 0 ? null : [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]);
