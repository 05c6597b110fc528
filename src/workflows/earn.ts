import type { Preparation } from '../activities/prepare.ts';
import type { WaveWorth } from '../activities/worth.ts';
import { budgetSignal, whyTooDear } from '../domain/budget.ts';
import { describeEvidence } from '../domain/evidence.ts';
import type { Plan, WavePlan } from '../domain/plan.ts';
import type { AdmittedRun, Place } from './context.ts';
import { reasonOf } from './failure.ts';
import { control } from './proxies.ts';
import { denyWave } from './shut.ts';

/** What the records say of a wave. Records that do not answer hold nothing. */
export const worthOf = (plan: Plan, { name }: WavePlan): Promise<WaveWorth> =>
  control
    .weighWave(plan, name)
    .catch((cause: unknown): WaveWorth => ({ wave: name, missing: [`the records could not be read: ${reasonOf(cause)}`] }));

/**
 * Whether the records hold what the wave requires, and what it will cost.
 * A plan from before evidence requires none, so that its history has no such step.
 */
export async function hasEarned(run: AdmittedRun, wave: WavePlan): Promise<boolean> {
  delete run.ledger.cost;
  if (!wave.requires && !wave.budget) return true;
  const worth = await worthOf(run.plan, wave);
  run.ledger.cost = worth.cost;
  const { evidence, missing } = worth;
  run.chronicle.add('evidence', { ...worth, ...(evidence && { inWords: describeEvidence(evidence) }) }, { wave: wave.name });
  if (missing.length === 0) return true;
  const apart = evidence && evidence.discarded.length > 0 ? ` (not counted: ${evidence.discarded.join(', ')})` : '';
  return denyWave(run, wave.name, `it has not earned it: ${missing.join('; ')}${apart}`);
}

/** Whether the error budget, as the baseline has just shown it, covers the wave beside all that others have reserved. */
export function canAfford(run: AdmittedRun, { budget, name }: WavePlan, place: Place, { baseline }: Preparation): boolean {
  if (!budget) return true;
  const { ledger } = run;
  const remaining = baseline.summaries[budgetSignal(budget.slo)]?.last ?? undefined;
  if (ledger.budgetBefore?.wave !== name && remaining !== undefined) ledger.budgetBefore = { wave: name, remaining };
  const spent = remaining === undefined ? 0 : Math.max(0, (ledger.budgetBefore?.remaining ?? remaining) - remaining);
  const cost = Math.max(0, (ledger.cost ?? 1) - spent);
  const why = whyTooDear({ rule: budget, cost, remaining, reserved: ledger.reserved });
  run.chronicle.add(
    'budget',
    {
      slo: budget.slo,
      cost,
      remaining: remaining ?? null,
      reserved: ledger.reserved ?? null,
      keep: budget.keep,
      enough: why === undefined,
    },
    place,
  );
  return why === undefined || denyWave(run, name, why);
}
