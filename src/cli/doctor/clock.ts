import { duration } from '../../report/format.ts';
import { ok, warn, fail, type Finding } from './finding.ts';

/** Leases and orders expire by the clock: beyond the first they may be late, beyond the second they can't be trusted. */
const NOTICEABLE_MS = 1_000;
const DANGEROUS_MS = 10_000;

/**
 * Judges a clock that was read somewhere between two readings of ours.
 * @param whose `Temporal`
 */
export function judgeClock(whose: string, theirsMs: number, beforeMs: number, afterMs: number): Finding {
  const skewMs = Math.max(0, beforeMs - theirsMs, theirsMs - afterMs);
  const check = `clock against ${whose}`;
  if (!Number.isFinite(skewMs)) return warn(check, 'its time is not known', 'compare the clocks by hand');
  const detail = skewMs === 0 ? `no difference to be seen (within ${duration(afterMs - beforeMs)})` : `differs by ${duration(skewMs)}`;
  if (skewMs < NOTICEABLE_MS) return ok(check, detail);
  const remedy = 'synchronise the clocks (NTP): orders and leases expire by them';
  return skewMs < DANGEROUS_MS ? warn(check, detail, remedy) : fail(check, detail, remedy);
}
