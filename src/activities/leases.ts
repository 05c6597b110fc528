import type { Lease, LeasePort } from '../faults/ports.ts';
import { manualUndo } from '../language/manual.ts';

/** A lease as the site keeps it, with what a person types to undo it by hand. */
export interface SiteLease extends Lease {
  manual: string;
}

/** What one answer holds at most: the rest comes with the next sweep. */
const MAX_LEASES = 500;

/** Creates the activities on a site's leases. */
export const createLeaseActivities = (leases: Pick<LeasePort, 'list' | 'release' | 'unreadable'>) => ({
  /** Every lease that has not ended, the oldest first. */
  async listLeases(): Promise<SiteLease[]> {
    const all = await leases.list();
    return [...all]
      .sort((a, b) => a.armedMs - b.armedMs)
      .slice(0, MAX_LEASES)
      .map((lease) => ({ ...lease, manual: manualUndo(lease.order) }));
  },

  /** Undo records that nobody can read, each with its file and the reason: what they were to undo, nobody knows but a person who looks. */
  async listUnreadable(): Promise<string[]> {
    return (await leases.unreadable()).slice(0, MAX_LEASES);
  },

  /** Ends the lease of an order that was undone. Safe to repeat. */
  async releaseLease(key: string): Promise<void> {
    await leases.release(key);
  },
});
