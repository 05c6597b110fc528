import type { AdmittedRun, Place } from './context.ts';

/** Whether an order was given, to a victim or to the canary's traffic: it may have landed. */
export const hasActed = ({ state, facts }: AdmittedRun): boolean => state.victims.length > 0 || facts.touchedIn !== undefined;

/** Whether that was in this wave. */
export const hasActedIn = ({ state, facts }: AdmittedRun, wave: string): boolean =>
  facts.touchedIn === wave || state.victims.some((victim) => victim.wave === wave);

/** Denied as long as nothing was touched; afterwards a closed gate ends the run. */
export function shut(run: AdmittedRun, reason: string, kind: string, data: Record<string, unknown>, place?: Partial<Place>): false {
  run.chronicle.add(kind, data, place);
  if (hasActed(run)) run.facts.gated = reason;
  else run.facts.denied = reason;
  return false;
}

/**
 * The wave is not run. Nothing was refuted: the waves before it keep their verdicts, and the run is denied. A wave that an earlier
 * iteration has begun is ended, as by any other gate.
 */
export function denyWave(run: AdmittedRun, wave: string, why: string): false {
  const { facts } = run;
  if (!hasActed(run)) facts.denied = `wave ${wave} is not run: ${why}`;
  else if (hasActedIn(run, wave)) facts.gated = `wave ${wave} does not go on: ${why}`;
  else facts.waveDenied = `wave ${wave} is not run: ${why}`;
  return false;
}
