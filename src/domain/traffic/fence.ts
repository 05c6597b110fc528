import * as z from 'zod';
import { percent } from '../percent.ts';
import { Ratio } from '../units.ts';
import { canaryName, Route, routeName } from './route.ts';
import { isWithin } from './rules.ts';

const isShare = (share: number): boolean => share >= 0 && share <= 1;

/** How much of the traffic the canary may have while anything is done to it. */
export const Fence = z
  .strictObject({
    route: Route.describe('what shares the traffic between the canary and the others'),
    maxShare: Ratio.refine(isShare, 'expected 0% to 100%').describe(
      'cap: no wave begins, and nobody is hit, while the canary gets more, or while nobody knows',
    ),
    set: Ratio.refine((share) => share >= 0 && share < 1, 'expected 0% or more and less than 100%')
      .optional()
      .describe('the share that each live iteration sets before its faults, and takes back after them'),
  })
  .check(({ value: { route, maxShare, set }, issues }) => {
    const wrong = (path: string[], input: unknown, message: string): void => {
      issues.push({ code: 'custom', path, input, message });
    };
    if (set === undefined) return;
    if (set > maxShare) wrong(['set'], percent(set), `expected at most maxShare, which is ${percent(maxShare)}`);
    if (route.kind !== 'service-subset') return;
    if (set !== 0) wrong(['set'], percent(set), 'a Service has no weights: only `set: 0%` can be set, which takes the canary out of it');
    if (!route.others) wrong(['route', 'others'], undefined, 'needed for `set`: labels that the other pods have and the canary has not');
  });
export type Fence = z.infer<typeof Fence>;

/** What is known of a fence before a wave, or for a plan. */
export interface FenceView {
  /** What the canary gets now, 0–1, and which rule gives it. */
  share?: number;
  place?: string;
  /** Why nobody knows. */
  unknown?: string;
}

/** Why nobody may be hit now; undefined when the canary gets no more than the cap. */
export function fenceRefusal(
  { route, maxShare }: Pick<Fence, 'route' | 'maxShare'>,
  { share, place, unknown }: FenceView,
): string | undefined {
  const what = `the share of ${canaryName(route)} in ${routeName(route)}`;
  if (share === undefined) return `${what} is not known: ${unknown ?? 'nobody told'}`;
  if (isWithin(share, maxShare)) return undefined;
  return `${what} is ${percent(share)} (${place ?? 'nobody told where'}), and at most ${percent(maxShare)} are allowed`;
}
