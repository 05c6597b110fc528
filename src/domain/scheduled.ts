/** A place among the starts of a period that a run needs. */
export interface StartPlace {
  /** Whose starts are counted together. */
  scope: string;
  /** `2026-W48` */
  period: string;
  runs: number;
  per: 'day' | 'week' | 'month';
}

/** What a schedule says when one of its starts has come: why it is skipped, or what must hold yet. */
export type StartDecision = { skipped: string } | { skipped?: never; budgetBelow?: number; place?: StartPlace };

/** Why no place is left, with who has them. */
export const whyNoPlace = ({ runs, per, period }: StartPlace, holders: readonly string[]): string =>
  `at most ${runs} a ${per}, and ${period} has had ${holders.slice(0, 10).join(', ')}`;
