import type { Order, Spec } from '../domain/order.ts';
import type { BoundFault } from '../faults/define.ts';
import { faults } from '../faults/index.ts';
import type { FaultPorts, LeasePort } from '../faults/ports.ts';

/** A lease is renewed three times in its length: a renewal that takes longer has failed. */
const SHARE_OF_LEASE = 1 / 3;

/** A catalogue entry, as far as a renewal needs it. */
type Kind = { bind(spec: Spec, ports: FaultPorts): BoundFault } | undefined;

/**
 * Leases that are kept in two places are renewed in both: first with the site's reaper, then at the target, by the faults that have a watchdog there.
 * A fault that is not held at its target any more is told as a lease that ran out. One that could not be asked makes the renewal fail: whoever
 * keeps the leases tries again, and stops when no renewal has succeeded within a lease.
 */
export const renewedAtTarget = (leases: LeasePort, ports: FaultPorts): LeasePort => ({
  prepare: () => leases.prepare(),
  arm: (order, signal) => leases.arm(order, signal),
  release: (key) => leases.release(key),
  ranOut: (place) => leases.ranOut(place),
  list: (place) => leases.list(place),
  unreadable: () => leases.unreadable(),
  async renew(place) {
    const gone = await leases.renew(place);
    if (gone.length > 0) return gone;
    // of this place alone: every run of the site asks three times in a lease, and must not read the leases of all the others
    const held = await leases.list(place);
    const lost = await Promise.all(held.map(({ order }) => renewOne(order, ports)));
    return lost.filter((why) => why !== undefined);
  },
});

/** @returns the order's key with the reason when its fault is not held any more */
async function renewOne(order: Order, ports: FaultPorts): Promise<string | undefined> {
  const kind = faults[order.fault.kind as keyof typeof faults] as Kind;
  const { renew } = kind?.bind(order.fault, ports) ?? {};
  const why = await renew?.(order, AbortSignal.timeout(order.leaseMs * SHARE_OF_LEASE));
  return why === undefined ? undefined : `${order.key} (${why})`;
}
