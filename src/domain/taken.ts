import type { Taken } from './approval.ts';
import { REHEARSAL } from './order.ts';
import { resolveWaves, type Plan } from './plan.ts';
import type { VictimState } from './run.ts';
import { isSame } from './same.ts';

/**
 * Whom a run has taken for good: each once, however often it was hit, and nobody whose fault is undone or was none. An order without an answer
 * may have hit. Of the targets of a wave are those that a wave with the same targets has hit; whether others of its victims are among them is not known, and they count as none.
 */
export function takenForGood(victims: readonly VictimState[], { experiment, reversible }: Plan, wave: string): Taken {
  const waves = new Map(resolveWaves(experiment).map((one) => [one.name, one]));
  const gone = victims.filter((victim) => {
    const kind = waves.get(victim.wave)?.fault.kind;
    return kind !== undefined && kind !== REHEARSAL && !reversible[kind] && victim.injection?.outcome !== 'skipped';
  });
  const mine = gone.filter((victim) => isSame(waves.get(victim.wave)?.targets, waves.get(wave)?.targets));
  const count = (some: readonly VictimState[]): number => new Set(some.map(({ id }) => id)).size;
  return { all: count(gone), aimedAt: count(mine) };
}
