import * as z from 'zod';
import { Weaknesses } from './weaknesses.ts';

/** What a worker tells its supervisor: that it takes payments, and each payment that it settled. */
export const FromWorker = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('settled') }),
]);
export type FromWorker = z.infer<typeof FromWorker>;

/** What a supervisor tells its workers while they run. */
export const ToWorker = z.strictObject({ kind: z.literal('weaknesses'), weaknesses: Weaknesses });
export type ToWorker = z.infer<typeof ToWorker>;
