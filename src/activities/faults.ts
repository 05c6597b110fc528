import { ApplicationFailure, cancellationSignal, log } from '@temporalio/activity';
import { notDone, type Injection, type Order, type Reversal, type Spec } from '../domain/order.ts';
import { whyForeign } from '../domain/site-environments.ts';
import type { BoundFault } from '../faults/define.ts';
import { faults } from '../faults/index.ts';
import type { FaultPorts, LeasePort } from '../faults/ports.ts';
import { beating } from './beating.ts';
import { refuse } from './refuse.ts';
import { createFloor, wrongSite, type FloorPorts } from './survivors.ts';

/** A catalogue entry, as far as activities need it. */
interface Kind {
  reversible: boolean;
  bind(spec: Spec, ports: FaultPorts): BoundFault;
}

/** Creates the activities that act on victims. */
export const createFaultActivities = (ports: FaultPorts, place: FloorPorts & { leases: LeasePort }) => {
  const { leases } = place;
  const underFloor = createFloor(ports, place);
  const kindOf = (spec: Spec) => {
    const fault = faults[spec.kind as keyof typeof faults] as Kind | undefined;
    if (!fault) throw refuse('UnknownFault', `no fault kind '${spec.kind}'; there are ${Object.keys(faults).join(', ')}`);
    return fault;
  };
  const bind = (spec: Spec, world: FaultPorts = ports): BoundFault => kindOf(spec).bind(spec, world);

  const refusalOf = ({ environment, notAfterMs }: Order): string | undefined => {
    const lateMs = Date.now() - notAfterMs;
    return lateMs > 0 ? `the order expired ${lateMs} ms ago` : whyForeign(place.environments, place.site, environment);
  };

  /** @returns why there is no lease; undefined when there is one, or the fault needs none */
  const arm = async (order: Order): Promise<string | undefined> => {
    if (!kindOf(order.fault).reversible) return undefined;
    // an order that comes after its undo does nothing, and would leave its lease to the reaper
    if ((await ports.journal.read(order.key)).reversal) return undefined;
    try {
      await leases.arm(order, cancellationSignal());
      return undefined;
    } catch (error) {
      cancellationSignal().throwIfAborted();
      const reason = `no lease could be had: ${error instanceof Error ? error.message : String(error)}`;
      const { intent } = await ports.journal.read(order.key);
      // an attempt before this one may have acted: "skipped" would say that nobody was touched
      if (intent) throw ApplicationFailure.retryable(reason, 'NoLease');
      return `nothing was done, because ${reason}`;
    }
  };
  return {
    /**
     * Carries out one order, at most once however often it is attempted, and reads its effect back from the target.
     * A reversible fault gets its lease first: without one it is skipped.
     */
    injectFault: (order: Order): Promise<Injection> =>
      beating(async () => {
        const elsewhere = wrongSite(order, place);
        if (elsewhere !== undefined) return notDone(elsewhere, Date.now());
        const refusal = refusalOf(order);
        // whoever has begun must end it: an attempt before this one may have acted
        if (refusal !== undefined && !(await ports.journal.read(order.key)).intent) return notDone(refusal, Date.now());
        const fault = bind(order.fault, underFloor(order, cancellationSignal()));
        const unleased = await arm(order);
        if (unleased !== undefined) return notDone(unleased, Date.now());
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
     * @throws ApplicationFailure NotUndone, to be retried, while the target does not show the undo; not to be retried when that cannot change
     */
    revertFault: (order: Order): Promise<Reversal> =>
      beating(async () => {
        const reversal = await bind(order.fault).revert(order, cancellationSignal());
        if (!reversal.undone && reversal.isFinal) throw ApplicationFailure.nonRetryable(reversal.evidence, 'NotUndone');
        if (!reversal.undone) throw ApplicationFailure.retryable(reversal.evidence, 'NotUndone');
        // what the victim shows counts; a lease that stays finds nothing left to undo
        await leases.release(order.key).catch((cause: unknown) => {
          log.warn('the lease of an undone order could not be ended', { key: order.key, cause: String(cause) });
        });
        return reversal;
      }),
  };
};
