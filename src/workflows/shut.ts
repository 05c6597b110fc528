import type { AdmittedRun, Place } from './context.ts';

/** Denied as long as nothing was injected; afterwards a closed gate ends the run. */
export function shut(
  { state, facts, chronicle }: AdmittedRun,
  reason: string,
  kind: string,
  data: Record<string, unknown>,
  place?: Partial<Place>,
): false {
  chronicle.add(kind, data, place);
  if (state.victims.length === 0) facts.denied = reason;
  else facts.gated = reason;
  return false;
}

/** The wave is not run. Nothing was refuted: the waves before it keep their verdicts, and the run is denied. */
export function denyWave({ state, facts }: AdmittedRun, reason: string): false {
  if (state.victims.length === 0) facts.denied = reason;
  else facts.waveDenied = reason;
  return false;
}
