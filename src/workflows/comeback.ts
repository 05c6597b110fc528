import type { Hit } from '../domain/returns.ts';
import type { VictimState } from '../domain/run.ts';
import type { AdmittedRun, Place, RunContext } from './context.ts';

/** Whether the victims come back by themselves, or by a runbook: what was planned before this was asked says nothing, and they do. */
export const expectsReturn = ({ plan }: AdmittedRun): boolean => plan.experiment.blastRadius.victimsReturn !== false;

/** Whom an iteration ordered to be hit; an order without an answer counts. */
export const victimsIn = ({ state }: RunContext, { wave, iteration }: Place): VictimState[] =>
  state.victims.filter((victim) => victim.wave === wave && victim.iteration === iteration);

/** An order without an answer may have landed. */
export const wasHit = (run: AdmittedRun, place: Place): boolean =>
  victimsIn(run, place).some(({ injection }) => injection?.outcome !== 'skipped');

/** Who was hit in this iteration, to tell when each is back. Absent when nobody is known to have been. */
export function hitIn(run: AdmittedRun, place: Place): Hit | undefined {
  const hit = victimsIn(run, place).flatMap(({ id, injection }) =>
    injection?.outcome === 'injected' ? [{ id, atMs: injection.atMs }] : [],
  );
  return hit.length > 0 ? { ids: hit.map(({ id }) => id), atMs: hit.map(({ atMs }) => atMs) } : undefined;
}
