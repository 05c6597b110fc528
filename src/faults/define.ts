import type * as z from 'zod';
import type { AccessRule } from '../domain/kubernetes/access.ts';
import type { Effect, Injection, Order, Reversal, Spec } from '../domain/order.ts';
import type { Target } from '../domain/target.ts';
import type { FaultPorts } from './ports.ts';

/**
 * The contract of a fault kind.
 *
 * - `inject` acts on a process only through `processes.signal`, or immediately after `processes.protectionOf` had nothing against it:
 *   there the survivor floor is checked. On anything else it acts only immediately after `floor.refusal` had nothing against it.
 * - `inject` is safe to repeat with the same order: it acts at most once per `order.key`, and refuses after `order.notAfterMs`.
 * - `effect` answers from the target itself whether the fault happened; what cannot be known is not proven.
 * - `revert` is safe to repeat, and safe when `inject` never ran.
 * - `manual` is what a person types into a shell on the site when `revert` could not: guarded, so that it hits nobody else. Never throws.
 */
export interface FaultDefinition<S extends z.ZodType> {
  schema: S;
  /** Reversible faults hold until undone; instantaneous ones leave nothing to undo. */
  reversible: boolean;
  /** The target kinds that it can be done to. */
  targets: readonly string[];
  doc: { summary: string; undo: string; effect: string };
  inject(ports: FaultPorts, spec: z.infer<S>, order: Order, signal: AbortSignal): Promise<Omit<Injection, 'effect'>>;
  effect(ports: FaultPorts, spec: z.infer<S>, order: Order, signal: AbortSignal): Promise<Effect>;
  revert(ports: FaultPorts, spec: z.infer<S>, order: Order, signal: AbortSignal): Promise<Reversal>;
  manual(spec: z.infer<S>, order: Order): string;
  /**
   * Prolongs a lease that the fault keeps at its target itself, by the order's `leaseMs` from now, after the site's reaper has been told.
   * @returns why there is nothing left to prolong; undefined when it was prolonged
   * @throws Error when nobody knows; it is tried again
   */
  renew?(ports: FaultPorts, spec: z.infer<S>, order: Order, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Why the system itself would refuse this to its victims as they are now: asked before a wave, which is denied then. Touches nothing, and takes
   * the place of no check at the instant of the deed.
   * @throws KubernetesError when nobody knows; it is tried again
   */
  foresee?(ports: FaultPorts, spec: z.infer<S>, victims: readonly Target[], signal: AbortSignal): Promise<string | undefined>;
  /** What it needs of the cluster, undo included. @param namespace of its victims; absent for those of the cluster */
  access?(spec: z.infer<S>, namespace: string | undefined): readonly AccessRule[];
}

/** A fault bound to its ports and an order's specification: what activities see. */
export interface BoundFault {
  inject(order: Order, signal: AbortSignal): Promise<Omit<Injection, 'effect'>>;
  effect(order: Order, signal: AbortSignal): Promise<Effect>;
  revert(order: Order, signal: AbortSignal): Promise<Reversal>;
  /** Absent: its lease is kept by the site's reaper alone. */
  renew?(order: Order, signal: AbortSignal): Promise<string | undefined>;
}

/** Authors see their own specification's type; callers see one shape. */
export const defineFault = <K extends string, S extends z.ZodObject<{ kind: z.ZodLiteral<K> }>>(kind: K, fault: FaultDefinition<S>) => ({
  kind,
  schema: fault.schema,
  reversible: fault.reversible,
  targets: fault.targets,
  doc: fault.doc,
  /** The command by which a person undoes an order by hand. @throws ZodError when the order's fault is not one of this kind */
  manual: (order: Order): string => fault.manual(fault.schema.parse(order.fault), order),
  /** @throws ZodError when the specification is not one of this kind */
  access: (raw: Spec, namespace: string | undefined): readonly AccessRule[] => fault.access?.(fault.schema.parse(raw), namespace) ?? [],
  /** @returns undefined also where there is nothing to foresee. @throws ZodError when the specification is not one of this kind */
  foresee: async (raw: Spec, ports: FaultPorts, victims: readonly Target[], signal: AbortSignal): Promise<string | undefined> =>
    fault.foresee?.(ports, fault.schema.parse(raw), victims, signal),
  /** @throws ZodError when the specification is not one of this kind */
  bind(raw: Spec, ports: FaultPorts): BoundFault {
    const spec = fault.schema.parse(raw);
    const renew = fault.renew?.bind(fault);
    return {
      inject: (order, signal) => fault.inject(ports, spec, order, signal),
      effect: (order, signal) => fault.effect(ports, spec, order, signal),
      revert: (order, signal) => fault.revert(ports, spec, order, signal),
      ...(renew && { renew: (order: Order, signal: AbortSignal) => renew(ports, spec, order, signal) }),
    };
  },
});
