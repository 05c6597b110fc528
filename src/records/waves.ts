import * as z from 'zod';
import type { Verdict } from '../domain/verdict.ts';
import type { RecordedWave } from './ports.ts';

/** The kind of the event that holds the verdict of a wave. */
export const WAVE_JUDGED = 'wave-judged';

const Spec = z.looseObject({ kind: z.string() });

/** What such an event says. Loose: a record outlives the version that wrote it. */
const Data = z.object({
  verdict: z.custom<Verdict>((value) => typeof value === 'string'),
  rule: z.string().default(''),
  reason: z.string().default(''),
  rehearsal: z.boolean(),
  recovered: z.int().min(0),
  of: z.int().min(0),
  fault: Spec,
  targets: Spec,
});

/** Where a verdict belongs. */
export type WavePlace = Omit<RecordedWave, keyof z.infer<typeof Data>>;

/** Reads the verdict of a wave. @returns none when it cannot be read: what nobody understands is no evidence */
export function readWave(place: WavePlace, data: unknown): RecordedWave[] {
  const parsed = Data.safeParse(data);
  return parsed.success && parsed.data.recovered <= parsed.data.of ? [{ ...place, ...parsed.data }] : [];
}
