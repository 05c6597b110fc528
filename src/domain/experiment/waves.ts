import * as z from 'zod';
import { Duration, Ratio } from '../units.ts';

/** How many of the eligible targets become victims. The choice itself is seeded. */
export const Selection = z.union(
  [
    z.literal('all'),
    z.strictObject({ count: z.int().min(1).describe('this many') }),
    z.strictObject({
      percent: Ratio.refine((share) => share > 0 && share <= 1, 'expected more than 0% and at most 100%').describe(
        'this share, rounded down',
      ),
    }),
  ],
  { error: 'expected `all`, `count: 1` or `percent: 25%`' },
);

/** Caps that hold whatever the selection says. */
export const BlastRadius = z.strictObject({
  maxVictims: z.int().min(1).max(1_000).default(1).describe('most victims of one wave, over all its iterations'),
  maxPercent: Ratio.optional().describe('most victims of one wave as a share of the population'),
  maxConcurrent: z.int().min(1).max(100).default(1).describe('most victims hit at the same time'),
  survivorsAtLeast: z
    .int()
    .min(0)
    .default(1)
    .describe('how many of the population must stay alive and ready; one of two or more does, whatever is written here'),
  victimsReturn: z
    .boolean()
    .default(true)
    .describe('whether as many as when the run began must be ready again before anybody more is hit; false: nothing brings victims back'),
  coolDown: Duration.default(300_000).describe(
    'rest after each wave: of this run, and of its service, group and dependencies for every other',
  ),
  queueFor: Duration.default(3_600_000).describe('the run is denied when its turn did not come in this time, because others are at work'),
});

/** Deadlines and lengths of a wave. */
const timing = {
  baseline: Duration.describe('how long the signals are measured before the fault'),
  hold: Duration.describe('how long the fault is watched, from the moment that the guard is armed'),
  recoverWithin: Duration.describe('steady state must be back this long after the undo'),
  stableFor: Duration.describe('steady state must hold this long without interruption to count as recovered'),
};

/** Defaults of all waves. */
export const Timing = z.strictObject({
  baseline: timing.baseline.default(30_000),
  hold: timing.hold.default(60_000),
  recoverWithin: timing.recoverWithin.default(120_000),
  stableFor: timing.stableFor.default(10_000),
});

/** What is not stated otherwise counts as old after a month, milliseconds. */
const MONTH_MS = 30 * 86_400_000;
const WaveName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected lower-case letters, digits and hyphens, 40 at most');

/** What earlier runs must have shown before a wave is run. */
export const EvidenceRule = z.strictObject({
  wave: WaveName.describe('an earlier wave of this experiment'),
  passed: z.int().min(1).max(100).default(1).describe('in so many earlier runs it must have passed'),
  within: Duration.refine((ms) => ms > 0, 'expected more than 0')
    .default(MONTH_MS)
    .describe('how old such a run may be'),
  recoveryLowerBound: Ratio.refine((share) => share > 0 && share < 1, 'expected more than 0% and less than 100%, such as 80%')
    .optional()
    .describe('and the lower bound of "recovered in time in k of n" (95 % Clopper–Pearson, failures included) must be at least this'),
});

/** What a wave may cost. It is reserved in the ledger, so that no two runs count on the same rest of the budget. */
export const BudgetRule = z.strictObject({
  slo: z.string().describe('the name of an entry of `slo`'),
  expectedCost: Ratio.refine((share) => share > 0 && share <= 1, 'expected more than 0% and at most 100%')
    .optional()
    .describe('share of the whole error budget that the wave is expected to cost; absent: the most that its last recorded runs cost'),
  keep: Ratio.refine((share) => share >= 0 && share < 1, 'expected 0% or more and less than 100%')
    .default(0)
    .describe('share of the error budget that must be left afterwards'),
});

/** One gated step of a run. */
export const waveSchema = <F extends z.ZodType, T extends z.ZodType>(fault: F, targets: T) =>
  z.strictObject({
    name: WaveName.describe('names the wave in the record'),
    dryRun: z.boolean().default(false).describe('true: walks the whole path without acting'),
    targets: targets.optional().describe("narrows the experiment's targets for this wave"),
    fault: fault.optional().describe("replaces the experiment's fault for this wave"),
    selection: Selection.optional().describe("replaces the experiment's selection for this wave"),
    iterations: z.int().min(1).max(100).default(1).describe('how often the wave is repeated, each time recovered in between'),
    stopEarly: z
      .boolean()
      .default(false)
      .describe('true: no further iterations once all comparisons have shown that no relevant harm is done'),
    gate: z.enum(['auto', 'approval']).default('auto').describe('approval: somebody must approve before this wave begins'),
    requires: EvidenceRule.optional().describe('what earlier runs must have shown; otherwise this wave is denied'),
    budget: BudgetRule.optional().describe('what it may cost of an error budget; denied when less is left'),
    baseline: timing.baseline.optional(),
    hold: timing.hold.optional(),
    recoverWithin: timing.recoverWithin.optional(),
    stableFor: timing.stableFor.optional(),
    coolDown: Duration.optional().describe("replaces the blast radius's cool-down after this wave"),
  });

export type EvidenceRule = z.infer<typeof EvidenceRule>;
export type BudgetRule = z.infer<typeof BudgetRule>;
export type Selection = z.infer<typeof Selection>;
export type BlastRadius = z.infer<typeof BlastRadius>;
export type Timing = z.infer<typeof Timing>;
