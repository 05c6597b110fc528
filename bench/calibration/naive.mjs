import { rankSum } from '../../dist/domain/statistics/rank-sum.js';

/** Mann–Whitney on raw samples, as if they were independent of each other: what is commonly done. */
export const naiveP = (reference, treated) => rankSum([{ reference, treated }], 'normal')?.greater ?? 1;
