/** A comparison as the judge needs it. */
export interface ComparisonRule {
  probe: string;
  design: string;
  /** Direction that does harm. */
  harm: 'increase' | 'decrease';
  /** Smallest effect that matters: in the unit of the probe, or as a share of the reference's median. */
  effect?: number | undefined;
  effectOfBaseline?: number | undefined;
  /** Chance of a false alarm over all comparisons and waves of the run, and of a false all-clear per comparison. */
  alpha: number;
  /** Chance to see an effect as large as `effect`. */
  power: number;
}
