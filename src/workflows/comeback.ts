import type { Hit } from '../domain/returns.ts';
import type { AdmittedRun, Place } from './context.ts';

/** Whether the victims come back by themselves, or by a runbook: what was planned before this was asked says nothing, and they do. */
export const expectsReturn = ({ plan }: AdmittedRun): boolean => plan.experiment.blastRadius.victimsReturn !== false;

/** An order without an answer may have landed. */
export const wasHit = ({ state }: AdmittedRun, { wave, iteration }: Place): boolean =>
  state.victims.some((victim) => victim.wave === wave && victim.iteration === iteration && victim.injection?.outcome !== 'skipped');

/** Who was hit in this iteration, to tell when each is back. Absent when nobody is known to have been. */
export function hitIn({ state }: AdmittedRun, { wave, iteration }: Place): Hit | undefined {
  const hit = state.victims.flatMap(({ id, injection, ...victim }) =>
    victim.wave === wave && victim.iteration === iteration && injection?.outcome === 'injected' ? [{ id, atMs: injection.atMs }] : [],
  );
  return hit.length > 0 ? { ids: hit.map(({ id }) => id), atMs: hit.map(({ atMs }) => atMs) } : undefined;
}
