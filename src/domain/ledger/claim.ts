import type { Experiment } from '../experiment/experiment.ts';
import type { WavePlan } from '../plan.ts';
import type { Claim } from './state.ts';

/** What an experiment lays claim to: its service, its group, and what it depends on. */
export const scopesOf = ({ service, group, dependencies }: Experiment['metadata']): string[] => [
  `service:${service}`,
  ...(group === undefined ? [] : [`group:${group}`]),
  ...[...new Set(dependencies)].map((name) => `dependency:${name}`),
];

/** Most victims that one iteration of a wave can have, whatever the site will show. */
export function victimsAtOnce(
  { selection }: Pick<WavePlan, 'selection'>,
  { maxConcurrent, maxVictims }: Experiment['blastRadius'],
): number {
  const wanted = typeof selection === 'object' && 'count' in selection ? selection.count : Infinity;
  return Math.min(wanted, maxConcurrent, maxVictims);
}

/**
 * The claim of one wave.
 * @param cost what it is expected to cost of the error budget that it names, as a share
 */
export const claimOf = (
  { metadata, blastRadius }: Experiment,
  wave: WavePlan,
  run: Pick<Claim, 'holder' | 'runId' | 'claimId'>,
  cost?: number,
): Claim => ({
  ...run,
  wave: wave.name,
  scopes: scopesOf(metadata),
  victims: victimsAtOnce(wave, blastRadius),
  coolDownMs: wave.coolDownMs,
  ...(wave.budget && cost !== undefined && { budget: { slo: wave.budget.slo, cost } }),
});
