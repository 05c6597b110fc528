import type { Spec } from '../domain/order.ts';
import type { Hit, ReadyTarget, Returns } from '../domain/returns.ts';
import { READY_TARGETS } from '../domain/survivors.ts';
import type { TargetPorts } from '../targets/ports.ts';
import { discover, readyOf } from './discover.ts';
import type { OpenSignal } from './signals.ts';

/** Whose victims are waited for, and how many of them must be ready. */
export interface ExpectedPopulation {
  targets: Spec;
  site: string;
  ready: number;
  /** Who of them was hit, to tell when each was back. */
  hit?: Hit;
  /** When they were back, as far as an earlier look knows. */
  returns?: Returns;
}

/** Modest: each look reads every process of the machine. */
const LOOK_EVERY_MS = 500;
/** Longer than readiness may take to be asked of a few dozen targets; a look that takes longer is an answer without data. */
const LOOK_TIMEOUT_MS = 10_000;

/** How many of the targets live and are ready, as a signal. @param look is told who they are, each time */
export const countReady = (
  { targets, site }: ExpectedPopulation,
  ports: TargetPorts,
  look: (ready: ReadyTarget[]) => void = () => undefined,
): OpenSignal => ({
  name: READY_TARGETS,
  everyMs: LOOK_EVERY_MS,
  timeoutMs: LOOK_TIMEOUT_MS,
  probe: {
    async measure(signal) {
      const population = await discover(targets, site, ports, signal);
      const ready = readyOf(population);
      look(ready.map(({ id }) => ({ id, startedAtMs: population.startedAtMs?.[id] })));
      return { kind: 'value', value: ready.length };
    },
  },
});
