import { cliffsDelta, rankSum, type Stratum } from '../statistics/rank-sum.ts';
import { rankEvidence } from '../statistics/rank-martingale.ts';
import { hodgesLehmann } from '../statistics/shift.ts';
import { holm } from '../statistics/holm.ts';
import type { Judgement } from './judgement.ts';
import { cut, type Cut } from './cut.ts';
import type { ComparisonRule } from './rule.ts';
import { detectable, whatIsMissing } from './missing.ts';

/** Values of the signal in the order of time, one stratum per iteration. */
export interface ComparisonData {
  rule: ComparisonRule;
  strata: Stratum[];
}

/** Where in the run the judge looks. */
export interface Look {
  wave: string;
  /** Iterations of this wave that are over, and that were planned. */
  taken: number;
  planned: number;
  /** Waves of the run that inject: the error is divided among them. */
  waves: number;
  seed: number;
}

/** One look needs no share for looking earlier; otherwise half of the error is for the looks on the way, half for the end. */
export function errorShares(alpha: number, { planned, waves }: Pick<Look, 'planned' | 'waves'>): { look: number; end: number } {
  const each = alpha / Math.max(1, waves);
  return planned > 1 ? { look: each / 2, end: each / 2 } : { look: 0, end: each };
}

/** Harm always points upwards from here on. */
const upwards = ({ rule, strata }: ComparisonData): Stratum[] =>
  rule.harm === 'increase'
    ? strata
    : strata.map(({ reference, treated }) => ({ reference: reference.map((value) => -value), treated: treated.map((value) => -value) }));

interface Weighed {
  rule: ComparisonRule;
  pieces: Cut;
  effect: number | null;
  judgement: Omit<Judgement, 'outcome' | 'p'>;
  pHarm: number;
}

const orNull = (value: number | undefined): number | null => (value !== undefined && Number.isFinite(value) ? value : null);

function weigh(data: ComparisonData, look: Look): Weighed {
  const { rule } = data;
  const pieces = cut(upwards(data));
  const effect = orNull(rule.effect ?? (rule.effectOfBaseline ?? NaN) * Math.abs(pieces.referenceMedian));
  const alpha = errorShares(rule.alpha, look);
  const test = rankSum(pieces.strata);
  const shift = hodgesLehmann(pieces.strata, 1 - alpha.end);
  // Evidence that no error is left for is not gathered.
  const evidenceOf = (minus: number) =>
    (alpha.look > 0 ? rankEvidence(pieces.strata, look.seed, minus).at(-1) : undefined) ?? { larger: 1, smaller: 1 };
  return {
    rule,
    pieces,
    effect,
    pHarm: test?.greater ?? 1,
    judgement: {
      ...{ probe: rule.probe, design: rule.design, wave: look.wave, isFinal: look.taken >= look.planned },
      ...{ shift: orNull(shift?.estimate), low: orNull(shift?.low), high: orNull(shift?.high), effect, alpha },
      delta: test ? cliffsDelta(test) : null,
      evidence: { harm: evidenceOf(0).larger, none: effect === null ? 0 : evidenceOf(effect).smaller },
      batches: { ...pieces.rule, reference: pieces.referenceCount, treated: pieces.treatedCount },
      detectable: orNull(detectable(pieces, rule, alpha)),
    },
  };
}

function verdictOf({ judgement, effect, rule, pieces }: Weighed, pOfFamily: number, family: number, look: Look): Judgement {
  const { alpha, evidence, shift, high, isFinal } = judgement;
  const p = Math.min(1, pOfFamily * Math.max(1, look.waves));
  const said = (outcome: Judgement['outcome'], decidedBy: Judgement['decidedBy']): Judgement => ({
    ...judgement,
    p,
    outcome,
    ...(decidedBy && { decidedBy }),
  });
  const isLarge = effect !== null && shift !== null && shift >= effect;
  if (isLarge && alpha.look > 0 && evidence.harm >= family / alpha.look) return said('refuted', 'at-look');
  if (effect !== null && alpha.look > 0 && evidence.none >= 1 / alpha.look) return said('holds', 'at-look');
  if (isFinal && isLarge && pOfFamily <= alpha.end) return said('refuted', 'at-end');
  if (isFinal && effect !== null && high !== null && high < effect) return said('holds', 'at-end');
  return { ...said('undecided', undefined), missing: whatIsMissing(pieces, rule, judgement) };
}

/**
 * Judges all comparisons of a wave after an iteration. False alarms of the whole run stay below `alpha`: it is divided among the waves,
 * corrected among the comparisons (Holm at the end, Bonferroni at a look), and between looks on the way and the end. Harm needs both:
 * more than chance, and an estimate as large as the effect that matters. "Holds" means that a relevant effect was ruled out, at the
 * same error; for that no correction is needed, because all of them must hold.
 * @returns one judgement per comparison, in order; the same data and seed give the same
 */
export function judge(comparisons: readonly ComparisonData[], look: Look): Judgement[] {
  const weighed = comparisons.map((data) => weigh(data, look));
  const corrected = holm(weighed.map(({ pHarm }) => pHarm));
  return weighed.map((each, i) => verdictOf(each, corrected[i] ?? 1, comparisons.length, look));
}
