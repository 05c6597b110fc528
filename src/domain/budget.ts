import type { BudgetRule } from './experiment/waves.ts';
import { percent } from './percent.ts';

/** The signal that tells how much of an SLO's error budget is left: 1 untouched, 0 spent, below 0 overspent. */
export const budgetSignal = (slo: string): string => `${slo}.budget-remaining`;

/** What a wave wants of an error budget, and what there is. Shares of the whole budget. */
export interface Affordance {
  rule: BudgetRule;
  /** What the wave will cost yet. */
  cost: number;
  /** What is left now; undefined: nobody can tell. */
  remaining: number | undefined;
  /** What live waves that were granted earlier may still cost; undefined: nobody can tell. */
  reserved: number | undefined;
}

/** Sums of shares are exact to this. */
const TOLERANCE = 1e-9;

/** Why a wave cannot be afforded, with its numbers; undefined when it can. No data is never enough. */
export function whyTooDear({ rule, cost, remaining, reserved }: Affordance): string | undefined {
  const { slo, keep } = rule;
  if (remaining === undefined) return `${budgetSignal(slo)} has no data, so nobody knows what is left of the error budget`;
  if (reserved === undefined)
    return 'the ledger does not say what other runs have reserved of the error budget: its worker is of an older version';
  if (remaining - reserved - cost >= keep - TOLERANCE) return undefined;
  const kept = keep > 0 ? `, and ${percent(keep)} must be left` : '';
  return `the error budget of ${slo} has ${percent(remaining)} left, ${percent(reserved)} of it reserved by other runs; the wave is expected to cost ${percent(cost)}${kept}`;
}

/** What is left of an error budget, as a share; or why nobody can tell. */
export type Remaining = { left: number } | { unknown: string };

/** Why too little is left of one of several error budgets; undefined when there is enough of each. No data is never enough. */
export function whyBudgetLow(below: number, budgets: Readonly<Record<string, Remaining>>): string | undefined {
  const known = Object.entries(budgets);
  if (known.length === 0) return `less than ${percent(below)} of the error budget may be left: the experiment has no SLO that could tell`;
  const low = known.flatMap(([slo, budget]) => {
    if ('unknown' in budget) return [`what is left of the error budget of ${slo} cannot be told: ${budget.unknown}`];
    return budget.left >= below - TOLERANCE
      ? []
      : [`${percent(budget.left)} is left of the error budget of ${slo}, below ${percent(below)}`];
  });
  return low.length === 0 ? undefined : low.join('; ');
}

/** What was spent of a budget while it was measured: the first value less the lowest. @returns undefined without two values */
export function spentOf(remaining: readonly number[]): number | undefined {
  const [first, ...rest] = remaining;
  if (first === undefined || rest.length === 0) return undefined;
  return Math.max(0, first - rest.reduce((low, value) => Math.min(low, value)));
}
