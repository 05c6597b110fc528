import { FENCE, type Spec } from '../order.ts';
import { percent } from '../percent.ts';
import type { Fence } from './fence.ts';

/** How many decimals of a percentage a share has at most. */
const DECIMALS = 4;

/** In the key of a fence's order, before its target: a victim of the same iteration is another order. */
export const FENCE_KEY = 'fence/';

/** The target of a fence, as a file would write it. */
export const fenceTarget = ({ route }: Pick<Fence, 'route'>): Spec => ({ kind: 'route', route });

/** The fault that sets a fence, as a file would write it. @param set 0 ≤ set < 1 */
export const fenceFault = ({ route }: Pick<Fence, 'route'>, set: number): Spec => ({ kind: FENCE, route, share: percent(set, DECIMALS) });
