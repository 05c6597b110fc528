import * as z from 'zod';
import { REHEARSAL } from '../domain/order.ts';

const Fault = z.object({ kind: z.string() }).optional().catch(undefined);

/** What is read of a recorded experiment. Loose: a record outlives the language that it was written in. */
const Recorded = z.object({
  fault: Fault,
  waves: z
    .array(z.object({ name: z.string(), dryRun: z.boolean().default(false), fault: Fault }))
    .default([])
    .catch([]),
});

/** Names of the waves of a recorded experiment that act: neither dry runs nor rehearsals. None when it cannot be read. */
export function actingWaves(experiment: unknown): string[] {
  const parsed = Recorded.safeParse(experiment);
  if (!parsed.success) return [];
  const { fault, waves } = parsed.data;
  return waves.filter((wave) => !wave.dryRun && (wave.fault ?? fault)?.kind !== REHEARSAL).map(({ name }) => name);
}
