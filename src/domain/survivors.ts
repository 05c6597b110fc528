/** The signal that recovery waits for beside the steady state. No probe and no SLO can have this name. */
export const READY_TARGETS = 'targets.ready';

/** How many the targets' selector found, and how many of them live and are ready. */
export interface Headcount {
  size: number;
  ready: number;
}

/** One of two or more always survives, whatever the file says. Of a single one the file alone decides. Not configurable on purpose. */
const hardFloor = (size: number): number => (size >= 2 ? 1 : 0);

/**
 * How many must be left alive and ready.
 * @param atLeast what the file asks for
 * @param size    the largest population that the run has seen: one that has shrunk does not lower the floor
 */
export const floorOf = (atLeast: number, size: number): number => Math.max(atLeast, hardFloor(size));

/** What is known of a population at the instant of a deed. */
export interface Standing {
  size: number;
  /** Ids of those that live and are ready. */
  ready: readonly string[];
  /** Ids of victims that were hit just now: they count as gone, also while they still look alive. */
  hit: readonly string[];
}

/** Why this victim must not be hit now, with the numbers; undefined when enough are left. */
export function floorRefusal({ size, ready, hit }: Standing, victimId: string, atLeast: number): string | undefined {
  const left = ready.filter((id) => id !== victimId && !hit.includes(id)).length;
  if (left >= atLeast) return undefined;
  const justHit = ready.filter((id) => id !== victimId && hit.includes(id)).length;
  const note = justHit > 0 ? ` (${justHit} more ${justHit === 1 ? 'was' : 'were'} hit just now)` : '';
  return `the survivor floor: ${left} of ${size} would be left alive and ready${note}, ${atLeast} must be`;
}

/** Why nobody more may be hit: earlier victims have not come back. Undefined when as many are ready as when the run began. */
export function notBack(before: Headcount | undefined, now: Partial<Headcount>, lastWave: string | undefined): string | undefined {
  if (before === undefined || now.ready === undefined || now.ready >= before.ready) return undefined;
  const who =
    lastWave === undefined
      ? 'somebody has gone since the run began, and not by its doing'
      : `the victims of wave ${lastWave} have not come back`;
  return `${now.ready} of ${before.ready} are ready: ${who}`;
}
