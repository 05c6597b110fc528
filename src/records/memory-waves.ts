import type { Entry } from './memory-entry.ts';
import type { RecordedWave, RunEvent, WaveFilter } from './ports.ts';
import { readWave, WAVE_JUDGED } from './waves.ts';

/** The verdicts of the waves of a closed run, the first that was recorded of each. */
export function wavesOf({ run, events }: Entry): RecordedWave[] {
  const { workflowId, name, service, environment, timeScale, closedAtMs, verdict } = run;
  if (verdict === undefined || closedAtMs === undefined) return [];
  const first = new Map<string, RunEvent>();
  for (const event of events.values())
    if (event.kind === WAVE_JUDGED && event.wave !== undefined && !first.has(event.wave)) first.set(event.wave, event);
  const place = { workflowId, name, service, environment, timeScale, closedAtMs, runVerdict: verdict };
  return [...first].flatMap(([wave, { data }]) => readWave({ ...place, wave }, data));
}

/** Newest first. */
export const byEnd = (a: RecordedWave, b: RecordedWave): number =>
  b.closedAtMs - a.closedAtMs || (a.workflowId === b.workflowId ? (a.wave < b.wave ? -1 : 1) : a.workflowId < b.workflowId ? 1 : -1);

/** Whether a wave passes the filter. */
export const isWanted =
  ({ sinceMs = -Infinity, ...wanted }: WaveFilter) =>
  (one: RecordedWave): boolean =>
    one.closedAtMs >= sinceMs &&
    (['environment', 'service', 'name', 'wave'] as const).every((field) => wanted[field] === undefined || one[field] === wanted[field]);
