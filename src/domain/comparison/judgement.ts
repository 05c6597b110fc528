/** What a comparison says: no harm as large as the effect that matters, such harm, or too little to tell. */
export type ComparisonOutcome = 'holds' | 'refuted' | 'undecided';

/** How surely something was shown, and by which test. `at-look` was valid at every look, `at-end` only once, at the end. */
export type DecidedBy = 'at-look' | 'at-end';

/** One comparison of one wave, with every number that decided. Small and JSON: it travels in histories. Null: cannot be told. */
export interface Judgement {
  probe: string;
  design: string;
  wave: string;
  outcome: ComparisonOutcome;
  decidedBy?: DecidedBy;
  /** Whether no more looks were planned. */
  isFinal: boolean;
  /** Hodges–Lehmann shift towards harm, in the unit of the probe, with one-sided bounds at `alpha`. */
  shift: number | null;
  low: number | null;
  high: number | null;
  /** The smallest effect that matters, in the unit of the probe. */
  effect: number | null;
  /** Cliff's delta towards harm, −1 to 1. */
  delta: number | null;
  /** Chance of such a difference without a cause, corrected for the number of comparisons and waves (Holm). */
  p: number | null;
  /** Sequential evidence for harm and for the absence of relevant harm; 1/α decides. */
  evidence: { harm: number; none: number };
  /** What is left of the stated error for each kind of test. */
  alpha: { look: number; end: number };
  batches: { reference: number; treated: number; length: number; gap: number };
  /** Smallest effect that this much data shows with the planned power. */
  detectable: number | null;
  /** What was missing, when it is undecided. */
  missing?: string;
}

/** A comparison that could not be judged at all. */
export const unjudged = (
  { probe, design }: { probe: string; design: string },
  { wave, taken, planned }: { wave: string; taken: number; planned: number },
  missing: string,
): Judgement => ({
  ...{ probe, design, wave, outcome: 'undecided', isFinal: taken >= planned },
  ...{ shift: null, low: null, high: null, effect: null, delta: null, p: null, detectable: null },
  evidence: { harm: 1, none: 1 },
  alpha: { look: 0, end: 0 },
  batches: { reference: 0, treated: 0, length: 0, gap: 0 },
  missing,
});

const digits = (value: number | null): string => (value === null ? 'unknown' : String(Number(value.toPrecision(3))));

/** A judgement in one sentence. */
export function describeJudgement({ probe, design, outcome, shift, low, high, effect, p, missing, batches }: Judgement): string {
  const numbers = `${probe} shifted by ${digits(shift)} (${digits(low)} to ${digits(high)}) against ${design}, the effect that matters is ${digits(effect)}`;
  if (outcome === 'refuted') return `${numbers}; p ${digits(p)} over ${batches.reference} and ${batches.treated} independent batches`;
  return outcome === 'holds' ? numbers : `${numbers}: ${missing ?? 'too little data'}`;
}
