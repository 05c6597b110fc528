import type { PlannedExperiment } from '../domain/score.ts';
import type { RunRecord } from '../records/ports.ts';
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

/**
 * One entry per experiment, service and environment, as its newest run was planned.
 * @param runs newest first
 */
export function plannedOf(runs: readonly RunRecord[]): PlannedExperiment[] {
  const newest = new Map<string, PlannedExperiment>();
  for (const { name, service, environment, experiment } of runs) {
    const key = JSON.stringify([name, service, environment]);
    if (!newest.has(key)) newest.set(key, { name, service, environment, waves: actingWaves(experiment) });
  }
  return [...newest.values()];
}
