import * as z from 'zod';
import { noOp } from './no-op.ts';
import { processKill } from './process-kill.ts';
import { processPause } from './process-pause.ts';
import { serviceStop } from './service-stop.ts';

/** The catalogue: one file and one line each. */
export const faults = {
  [noOp.kind]: noOp,
  [processKill.kind]: processKill,
  [processPause.kind]: processPause,
  [serviceStop.kind]: serviceStop,
} as const;

/** A fault as a file writes it. */
export const FaultSpec = z.discriminatedUnion('kind', [noOp.schema, processKill.schema, processPause.schema, serviceStop.schema]);
export type FaultSpec = z.infer<typeof FaultSpec>;
