import type { Spec } from '../domain/order.ts';
import type { Target } from '../domain/target.ts';
import { faults } from '../faults/index.ts';
import type { FaultPorts } from '../faults/ports.ts';

/** A catalogue entry, as far as foresight goes. */
interface Kind {
  foresee(spec: Spec, ports: FaultPorts, victims: readonly Target[], signal: AbortSignal): Promise<string | undefined>;
}

/** Why the system itself would refuse what a fault does to those who were chosen. What an unknown kind does is said by whoever is to do it. */
export const foreseeRefusal = async (
  spec: Spec,
  victims: readonly Target[],
  ports: FaultPorts,
  signal: AbortSignal,
): Promise<string | undefined> =>
  victims.length > 0 && Object.hasOwn(faults, spec.kind)
    ? (faults as Readonly<Record<string, Kind>>)[spec.kind]?.foresee(spec, ports, victims, signal)
    : undefined;
