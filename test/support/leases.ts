import type { Order, OrderPlace } from '../../src/domain/order.ts';
import type { Lease, LeasePort } from '../../src/faults/ports.ts';

/** Leases in memory, whose reaper is the test itself. */
export class MemoryLeases implements LeasePort {
  readonly held = new Map<string, Lease>();
  /** Undo records that nobody can read. */
  broken: string[] = [];

  prepare(): void {
    // there is no reaper to wake
  }

  arm(order: Order): Promise<void> {
    const nowMs = Date.now();
    if (!this.held.has(order.key)) this.held.set(order.key, { order, armedMs: nowMs, untilMs: nowMs + order.leaseMs });
    return Promise.resolve();
  }

  async renew(place: OrderPlace): Promise<string[]> {
    const lapsed = await this.ranOut(place);
    for (const lease of this.of(place)) if (!lapsed.includes(lease.order.key)) lease.untilMs = Date.now() + lease.order.leaseMs;
    return lapsed;
  }

  ranOut(place: OrderPlace): Promise<string[]> {
    const lapsed = this.of(place).filter(({ untilMs }) => untilMs < Date.now());
    return Promise.resolve(lapsed.map(({ order }) => order.key));
  }

  private of({ workflowId, wave, iteration }: OrderPlace): Lease[] {
    return [...this.held.values()].filter(
      ({ order }) => order.workflowId === workflowId && order.wave === wave && order.iteration === iteration,
    );
  }

  unreadable(): Promise<string[]> {
    return Promise.resolve([...this.broken]);
  }

  release(key: string): Promise<void> {
    this.held.delete(key);
    return Promise.resolve();
  }

  list(place?: OrderPlace): Promise<Lease[]> {
    return Promise.resolve(structuredClone(place ? this.of(place) : [...this.held.values()]));
  }
}
