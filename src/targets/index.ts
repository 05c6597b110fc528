import * as z from 'zod';
import { processTarget } from './process.ts';

/** Every kind of target: one file and one line each. */
export const targets = { [processTarget.kind]: processTarget } as const;

/** A target as a file writes it. */
export const TargetSpec = z.discriminatedUnion('kind', [processTarget.schema]);
export type TargetSpec = z.infer<typeof TargetSpec>;
