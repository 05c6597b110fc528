import type { Order } from '../domain/order.ts';
import { faults } from '../faults/index.ts';

/**
 * The command by which a person undoes an order by hand, for a shell on the order's site. Never throws: what the catalogue does not know
 * is answered with a remark that says where to look.
 */
export function manualUndo(order: Order): string {
  const fault = Object.hasOwn(faults, order.fault.kind) ? faults[order.fault.kind as keyof typeof faults] : undefined;
  const look = `# look at ${order.target.name.replace(/\s+/g, ' ')} by hand`;
  try {
    return fault ? fault.manual(order) : `${look}: this version knows no fault ${order.fault.kind.replace(/\s+/g, ' ')}`;
  } catch {
    return `${look}: its order does not say what was done`;
  }
}
