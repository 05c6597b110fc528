import type { Target } from './target.ts';
import type { Fence } from './traffic/fence.ts';

/** A fault, a remedy or a provider as the file wrote it: `kind` names the catalogue entry, which alone knows the rest. */
export interface Spec {
  kind: string;
  [field: string]: unknown;
}

/** The fault kind that does nothing: what is measured under it is the noise of the signals. */
export const REHEARSAL = 'no-op';

/** The fault kind that a traffic fence is set with. */
export const FENCE = 'traffic-share';

/** The order to do one fault to one victim. The same on every attempt, so that a repeat is recognised. */
export interface Order {
  /** One-time key: workflow id / wave / iteration / target id. */
  key: string;
  workflowId: string;
  /** What its run says of itself. Absent in what earlier versions ordered. */
  environment?: string;
  wave: string;
  iteration: number;
  fault: Spec;
  target: Target;
  /** Epoch milliseconds after which the order must be refused at the target. */
  notAfterMs: number;
  /** Fencing token: rises with each grant of the ledger. A site refuses a run's order whose epoch is lower than one it has seen of that run. */
  epoch: number;
  /** How many victims this iteration of the wave may have: a site refuses the order of one more, whoever gave it. */
  victimsPlanned: number;
  /** How long a reversible fault lives at its target when nobody renews its lease, milliseconds. */
  leaseMs: number;
  /** Checked from the live system at the instant of the deed. */
  survivors: Survivors;
  /** The cap on the canary's traffic, checked at the same instant. Absent: the experiment names none. */
  traffic?: Pick<Fence, 'route' | 'maxShare'>;
  /** It sets the traffic fence of its iteration: nobody is hit by it, so it takes none of the places that were planned for victims. */
  isFence?: true;
}

/** Whoever `targets` finds, and how many of them must be left alive and ready after the deed. */
export interface Survivors {
  targets: Spec;
  atLeast: number;
}

/** Where an order belongs. */
export type OrderPlace = Pick<Order, 'workflowId' | 'wave' | 'iteration'>;

/** What became of an order. `skipped` means that the target was not touched, and `reason` says why. */
export interface Injection {
  outcome: 'injected' | 'skipped';
  reason?: string;
  /** When it was done, epoch milliseconds at the site. */
  atMs: number;
  effect: Effect;
}

/** An order that touched nobody. @param atMs epoch milliseconds */
export const notDone = (reason: string, atMs: number): Injection => ({
  outcome: 'skipped',
  reason,
  atMs,
  effect: { proven: false, evidence: reason },
});

/** Whether a fault really happened, read from the target itself. Unknown is not proven. */
export interface Effect {
  proven: boolean;
  evidence: string;
}

/** What an undo found. `undone: false` names a leftover that a person must look at. */
export interface Reversal {
  undone: boolean;
  evidence: string;
  /** With `undone: false`: trying again helps nobody, because what is there now is somebody else's doing. */
  isFinal?: true;
}
