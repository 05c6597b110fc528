import type { WaveWorth } from '../activities/worth.ts';
import type { PlanResult } from '../client.ts';
import { budgetSignal, whyTooDear } from '../domain/budget.ts';
import { describeEvidence } from '../domain/evidence.ts';
import { percent } from '../domain/percent.ts';
import { resolveWaves, type WavePlan } from '../domain/plan.ts';
import { plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';

type ValidPlan = Extract<PlanResult, { valid: true }>;

/** What live waves have reserved, by the name of the SLO, as shares of its error budget. */
export type Reserved = Record<string, number>;

/** What the error budget says: what speaks against the wave, or the numbers that allow it. */
function budgetOf(
  { cost, costFrom }: WaveWorth,
  rule: NonNullable<WavePlan['budget']>,
  { preview }: ValidPlan,
  reserved: number | undefined,
): { against?: string; words?: string } {
  if (cost === undefined) return {};
  const answer = 'answers' in preview ? preview.answers[budgetSignal(rule.slo)] : undefined;
  const remaining = answer?.kind === 'value' ? answer.value : undefined;
  const source = `expected cost: ${percent(cost)} of the error budget of ${rule.slo}, from ${costFrom ?? 'nowhere'}`;
  if (remaining === undefined || reserved === undefined) return { words: `${source}; whether it can be afforded cannot be told now` };
  const against = whyTooDear({ rule, cost, remaining, reserved });
  return against === undefined
    ? { words: `${source}; ${percent(remaining)} is left, ${percent(reserved)} reserved by other runs` }
    : { against };
}

/** What the records and the ledger say now of the waves that require evidence or cost error budget. */
export function worthLines(result: ValidPlan, reserved: Reserved | undefined, paint: Terminal['paint']): string[] {
  const waves = resolveWaves(result.plan.experiment);
  if (!result.worth?.length) return []; // a worker of an older version says nothing of it
  const lines = result.worth.map((worth) => {
    const { wave, evidence, missing } = worth;
    const rule = waves.find(({ name }) => name === wave)?.budget;
    const { against, words } = rule ? budgetOf(worth, rule, result, reserved?.[rule.slo]) : {};
    const obstacles = [...missing, ...(against === undefined ? [] : [against])];
    const apart = evidence && evidence.missing.length > 0 ? evidence.discarded.map((what) => `not counted: ${what}`) : [];
    const fulfilled = [
      ...(evidence && evidence.missing.length === 0 ? [describeEvidence(evidence)] : []),
      ...(words === undefined ? [] : [words]),
    ];
    if (obstacles.length === 0) return `  ${wave}  ${plainText(fulfilled.join('; '))}`;
    return `  ${wave}  ${paint('yellow', 'would not be run')}: ${plainText([...obstacles, ...apart].join('; '))}`;
  });
  return ['', 'Earned by the records', ...lines];
}
