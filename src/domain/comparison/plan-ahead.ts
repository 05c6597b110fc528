import { autocorrelationTime } from '../statistics/autocorrelation.ts';
import { batches, batchRule } from '../statistics/batches.ts';
import { quantile } from '../statistics/quantile.ts';
import { timesNeeded } from '../statistics/power.ts';
import type { WavePlan } from '../plan.ts';
import { errorShares } from './judge.ts';
import { spread } from './missing.ts';
import type { ComparisonRule } from './rule.ts';

/** Whether a wave can answer a comparison, as far as the noise of an earlier run tells. */
export type Outlook =
  | { kind: 'unknown'; why: string }
  | { kind: 'enough'; planned: number; needed: number }
  | { kind: 'too-few'; planned: number; needed: number }
  | { kind: 'too-short'; needsMs: number };

/** Fewest batches a side that can reach an error of a percent at all: 1 / C(10, 5) = 0.4 %. */
const LEAST_BATCHES = 5;

/**
 * How many iterations of a wave a comparison needs.
 * @param noise   undisturbed stretches of the signal from an earlier run: baselines or a rehearsal
 * @param everyMs distance of the samples
 * @param waves   how many waves share the error
 */
export function lookAhead(
  rule: ComparisonRule,
  noise: readonly (readonly number[])[],
  { baselineMs, holdMs, iterations }: Pick<WavePlan, 'baselineMs' | 'holdMs' | 'iterations'>,
  everyMs: number,
  waves: number,
): Outlook {
  const cutting = batchRule(autocorrelationTime(noise));
  const pieces = noise.map((stretch) => ({ reference: batches(stretch, cutting, 'median'), treated: [] }));
  const sigma = spread({ strata: pieces });
  const middle = quantile(noise.flat(), 0.5);
  if (sigma === undefined || middle === undefined) return { kind: 'unknown', why: 'the earlier run is too short to tell its noise' };
  const effect = rule.effect ?? (rule.effectOfBaseline ?? 0) * Math.abs(middle);
  if (effect <= 0) return { kind: 'unknown', why: 'a share of nothing is no effect: give `effect` instead' };
  const step = cutting.length + cutting.gap;
  const count = (ms: number): number => Math.floor((ms / everyMs + cutting.gap) / step);
  const [before, under] = [count(baselineMs), count(holdMs)];
  if (before === 0 || under === 0) return { kind: 'too-short', needsMs: Math.ceil(step * everyMs) };
  const alpha = errorShares(rule.alpha, { planned: iterations, waves }).end;
  const byNoise = timesNeeded(before, under, sigma, effect, { alpha, power: rule.power });
  const needed = Math.max(Math.ceil(byNoise - 1e-9), Math.ceil(LEAST_BATCHES / Math.min(before, under)));
  return { kind: needed <= iterations ? 'enough' : 'too-few', planned: iterations, needed };
}

/** In words, for people. */
export function describeOutlook(outlook: Outlook): string {
  if (outlook.kind === 'unknown') return `cannot be planned: ${outlook.why}`;
  if (outlook.kind === 'too-short')
    return `too short: baseline and hold need ${outlook.needsMs / 1_000} s each for a single independent batch`;
  return `${outlook.needed} iterations needed, ${outlook.planned} planned${outlook.kind === 'too-few' ? ': it may well stay undecided' : ''}`;
}
