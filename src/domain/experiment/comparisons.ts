import * as z from 'zod';
import { Quantity, Ratio } from '../units.ts';
import { exactlyOne, probeName } from './conditions.ts';

const share = (most: number, expected: string) => Ratio.refine((value) => value > 0 && value <= most, expected);

/** A question to statistics: did the fault shift this signal by an amount that matters? Fixed tolerances are clauses of `steadyState`. */
export const Comparison = z
  .strictObject({
    probe: probeName,
    design: z
      .enum(['before-after', 'control-group', 'rehearsal'])
      .default('before-after')
      .describe(
        'what the fault window is compared with: the baseline of the same iteration; another signal at the same time; the windows of the waves whose fault is `no-op`',
      ),
    control: probeName.optional().describe('with control-group: the signal of those that are not hit'),
    harm: z.enum(['increase', 'decrease']).default('increase').describe('the direction that does harm'),
    effect: Quantity.optional().describe('the smallest shift that matters, in the unit of the probe'),
    effectOfBaseline: share(100, 'expected more than 0%').optional().describe("the same as a share of the reference's median"),
    alpha: share(0.2, 'expected more than 0% and at most 20%')
      .default(0.01)
      .describe('chance of a false alarm; over all comparisons and waves of a run together it stays below the largest alpha'),
    power: Ratio.refine((value) => value >= 0.5 && value < 1, 'expected 50% or more and less than 100%')
      .default(0.8)
      .describe('chance to see a shift as large as the effect; says how many iterations are needed'),
  })
  .check(exactlyOne(['effect', 'effectOfBaseline']))
  .check(({ value, issues }) => {
    if ((value.design === 'control-group') === (value.control !== undefined)) return;
    const message =
      value.control === undefined
        ? 'a control group needs `control`: the signal of those that are not hit'
        : 'only makes sense with design: control-group';
    issues.push({ code: 'custom', input: value.control, path: ['control'], message });
  });

export type Comparison = z.infer<typeof Comparison>;
