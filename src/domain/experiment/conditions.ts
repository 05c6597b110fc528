import * as z from 'zod';
import { Duration, Quantity, Ratio } from '../units.ts';

const exactlyOne =
  (names: readonly string[]) =>
  ({ value, issues }: z.core.ParsePayload<Record<string, unknown>>): void => {
    const given = names.filter((name) => value[name] !== undefined);
    if (given.length === 1) return;
    const found = given.length === 0 ? 'none is given' : `${given.join(' and ')} are given`;
    issues.push({
      code: 'custom',
      input: value,
      message: `expected exactly one of ${names.join(', ')}; ${found}`,
      params: { oneOf: given.length === 0 ? names : [] },
    });
  };

/** Turns the answer of a probe into yes or no. */
export const Tolerance = z
  .strictObject({
    atMost: Quantity.optional().describe('holds while the value is ≤ this'),
    atLeast: Quantity.optional().describe('holds while the value is ≥ this'),
    above: Quantity.optional().describe('holds while the value is > this'),
    below: Quantity.optional().describe('holds while the value is < this'),
    between: z.tuple([Quantity, Quantity]).optional().describe('holds while low ≤ value ≤ high'),
    equals: Quantity.optional().describe('holds while the value is exactly this'),
  })
  .check(exactlyOne(['atMost', 'atLeast', 'above', 'below', 'between', 'equals']))
  .check(({ value, issues }) => {
    if (value.between && value.between[0] > value.between[1])
      issues.push({ code: 'custom', input: value.between, path: ['between'], message: 'expected [low, high] with low ≤ high' });
  });

const probeName = z.string().min(1).describe('the name of an entry of `probes`, or of an SLO signal such as `payments.budget-remaining`');

/** One clause of the steady-state hypothesis. */
export const SteadyStateClause = z.strictObject({
  probe: probeName,
  tolerance: Tolerance,
  throughout: z.boolean().default(false).describe('true: must hold during the fault too; false: before it and after recovery'),
});

/** Must hold before each wave; otherwise nothing is injected. */
export const Precondition = z.strictObject({ probe: probeName, tolerance: Tolerance });

/** Ends the run and rolls back. */
export const StopCondition = z
  .strictObject({
    probe: probeName,
    above: Quantity.optional().describe('breached while the value is > this'),
    below: Quantity.optional().describe('breached while the value is < this'),
    aboveBaseline: Ratio.optional().describe("breached while the value exceeds the wave's baseline median by more than this share"),
    belowBaseline: Ratio.optional().describe("breached while the value falls below the wave's baseline median by more than this share"),
    consecutiveErrors: z.int().min(1).optional().describe('breached when the probe failed or had no data this many times in a row'),
    minDelta: z
      .number()
      .positive()
      .optional()
      .describe('with aboveBaseline/belowBaseline: and differs from it by at least this much, in the unit of the probe'),
    incident: z
      .boolean()
      .optional()
      .describe(
        'true: a breach says that something else is going on, which has nothing to do with the experiment; the run is undone and void, and no wave begins while it lasts',
      ),
    for: Duration.default(0).describe('how long without interruption; absent: at once'),
  })
  .check(exactlyOne(['above', 'below', 'aboveBaseline', 'belowBaseline', 'consecutiveErrors']));

/** When a runbook is run during recovery. */
export const RemediationTrigger = z
  .strictObject({
    probe: probeName,
    above: Quantity.optional(),
    below: Quantity.optional(),
    for: Duration.default(0),
  })
  .check(exactlyOne(['above', 'below']));

export type Tolerance = z.infer<typeof Tolerance>;
export type SteadyStateClause = z.infer<typeof SteadyStateClause>;
export type Precondition = z.infer<typeof Precondition>;
export type StopCondition = z.infer<typeof StopCondition>;
export type RemediationTrigger = z.infer<typeof RemediationTrigger>;
