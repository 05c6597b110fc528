import type { Order } from '../../src/domain/order.ts';
import type { Lease, LeasePort } from '../../src/faults/ports.ts';

/** Leases in memory, whose reaper is the test itself. */
export class MemoryLeases implements LeasePort {
  readonly held = new Map<string, Lease>();

  arm(order: Order): Promise<void> {
    const nowMs = Date.now();
    if (!this.held.has(order.key)) this.held.set(order.key, { order, armedMs: nowMs, untilMs: nowMs + order.leaseMs });
    return Promise.resolve();
  }

  renew({ workflowId, wave, iteration }: Pick<Order, 'workflowId' | 'wave' | 'iteration'>): Promise<string[]> {
    const mine = [...this.held.values()].filter(
      ({ order }) => order.workflowId === workflowId && order.wave === wave && order.iteration === iteration,
    );
    const lapsed = mine.filter(({ untilMs }) => untilMs < Date.now()).map(({ order }) => order.key);
    for (const lease of mine) if (!lapsed.includes(lease.order.key)) lease.untilMs = Date.now() + lease.order.leaseMs;
    return Promise.resolve(lapsed);
  }

  release(key: string): Promise<void> {
    this.held.delete(key);
    return Promise.resolve();
  }

  list(): Promise<Lease[]> {
    return Promise.resolve(structuredClone([...this.held.values()]));
  }
}
