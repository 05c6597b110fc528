import { FENCE, type Spec } from '../order.ts';
import { percent } from '../percent.ts';
import type { Fence } from './fence.ts';

/** How many decimals of a percentage a share has at most. */
const DECIMALS = 4;

/** The target of a fence, as a file would write it. */
export const fenceTarget = ({ route }: Pick<Fence, 'route'>): Spec => ({ kind: 'route', route });

/** The fault that sets a fence, as a file would write it. @param set 0 ≤ set < 1 */
export const fenceFault = ({ route }: Pick<Fence, 'route'>, set: number): Spec => ({ kind: FENCE, route, share: percent(set, DECIMALS) });
