import type { Spec } from '../domain/order.ts';
import { READY_TARGETS } from '../domain/survivors.ts';
import type { TargetPorts } from '../targets/ports.ts';
import { discover, readyOf } from './discover.ts';
import type { OpenSignal } from './signals.ts';

/** Whose victims are waited for, and how many of them must be ready. */
export interface ExpectedPopulation {
  targets: Spec;
  site: string;
  ready: number;
}

/** Modest: each look reads every process of the machine. */
const LOOK_EVERY_MS = 500;
/** Longer than readiness may take to be asked of a few dozen targets; a look that takes longer is an answer without data. */
const LOOK_TIMEOUT_MS = 10_000;

/** How many of the targets live and are ready, as a signal. */
export const countReady = ({ targets, site }: ExpectedPopulation, ports: TargetPorts): OpenSignal => ({
  name: READY_TARGETS,
  everyMs: LOOK_EVERY_MS,
  timeoutMs: LOOK_TIMEOUT_MS,
  probe: { measure: async (signal) => ({ kind: 'value', value: readyOf(await discover(targets, site, ports, signal)).length }) },
});
