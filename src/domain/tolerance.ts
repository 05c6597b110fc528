import type { Tolerance } from './experiment/conditions.ts';

/** Whether the value lies within the tolerance. A value that is not finite never does. */
export function isWithin(tolerance: Tolerance, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (tolerance.atMost !== undefined) return value <= tolerance.atMost;
  if (tolerance.atLeast !== undefined) return value >= tolerance.atLeast;
  if (tolerance.above !== undefined) return value > tolerance.above;
  if (tolerance.below !== undefined) return value < tolerance.below;
  if (tolerance.between !== undefined) return value >= tolerance.between[0] && value <= tolerance.between[1];
  if (tolerance.equals !== undefined) return value === tolerance.equals;
  return false;
}

/** How far outside the value lies, in its own unit; 0 at the edge and within. */
export function distance({ atMost, atLeast, above, below, between, equals }: Tolerance, value: number): number {
  const low = atLeast ?? above ?? between?.[0] ?? equals ?? -Infinity;
  const high = atMost ?? below ?? between?.[1] ?? equals ?? Infinity;
  return Math.max(0, low - value, value - high);
}

/** The tolerance as a person writes it: `≤ 0.001`. */
export function describeTolerance(tolerance: Tolerance): string {
  if (tolerance.atMost !== undefined) return `≤ ${tolerance.atMost}`;
  if (tolerance.atLeast !== undefined) return `≥ ${tolerance.atLeast}`;
  if (tolerance.above !== undefined) return `> ${tolerance.above}`;
  if (tolerance.below !== undefined) return `< ${tolerance.below}`;
  if (tolerance.between !== undefined) return `between ${tolerance.between[0]} and ${tolerance.between[1]}`;
  return `= ${tolerance.equals ?? 'nothing'}`;
}
