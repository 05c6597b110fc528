import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import type { Injection, Order, Reversal, Spec } from '../domain/order.ts';
import type { BoundFault } from '../faults/define.ts';
import { faults } from '../faults/index.ts';
import type { FaultPorts } from '../faults/ports.ts';
import { beating } from './beating.ts';
import { refuse } from './refuse.ts';
import { createFloor, wrongSite, type FloorPorts } from './survivors.ts';

const notHere = (reason: string): Injection => ({
  outcome: 'skipped',
  reason,
  atMs: Date.now(),
  effect: { proven: false, evidence: reason },
});

/** Creates the activities that act on victims. */
export const createFaultActivities = (ports: FaultPorts, place: FloorPorts) => {
  const underFloor = createFloor(ports, place);
  const bind = (spec: Spec, world: FaultPorts = ports): BoundFault => {
    const fault = faults[spec.kind as keyof typeof faults] as { bind(spec: Spec, ports: FaultPorts): BoundFault } | undefined;
    if (!fault) throw refuse('UnknownFault', `no fault kind '${spec.kind}'; there are ${Object.keys(faults).join(', ')}`);
    return fault.bind(spec, world);
  };
  return {
    /** Carries out one order, at most once however often it is attempted, and reads its effect back from the target. */
    injectFault: (order: Order): Promise<Injection> =>
      beating(async () => {
        const elsewhere = wrongSite(order, place);
        if (elsewhere !== undefined) return notHere(elsewhere);
        const fault = bind(order.fault, underFloor(order, cancellationSignal()));
        const done = await fault.inject(order, cancellationSignal());
        const effect =
          done.outcome === 'skipped'
            ? { proven: false, evidence: done.reason ?? 'nothing was done' }
            : await fault.effect(order, cancellationSignal());
        if (done.outcome === 'skipped' || effect.proven) await place.survivors.forget({ key: order.key, targetId: order.target.id });
        return { ...done, effect };
      }),

    /**
     * Undoes one order. Safe when it never ran.
     * @throws ApplicationFailure NotUndone, to be retried, while the target does not show the undo
     */
    revertFault: (order: Order): Promise<Reversal> =>
      beating(async () => {
        const reversal = await bind(order.fault).revert(order, cancellationSignal());
        if (!reversal.undone) throw ApplicationFailure.retryable(reversal.evidence, 'NotUndone');
        return reversal;
      }),
  };
};
