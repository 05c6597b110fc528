import * as z from 'zod';
import { NodeIdentity, nodeOf } from '../domain/kubernetes/identity.ts';
import type { Order } from '../domain/order.ts';
import { defineFault } from './define.ts';
import { rule } from './kubernetes/access.ts';
import { kubectl, remark } from './kubernetes/by-hand.ts';
import { EffectWithin } from './kubernetes/fields.ts';
import { awaitEffect, notDone, refusalNow } from './kubernetes/last-checks.ts';
import { markOf } from './kubernetes/mark.ts';
import { CORDONED_BY, cordon, nodeRefusal, readNode, uncordon } from './kubernetes/node.ts';
import { deedAfter } from './kubernetes/removal.ts';
import { entryOf, injected, notCarriedOut } from './process/order.ts';

/** Keeps new pods from a node. */
export const nodeCordon = defineFault('node-cordon', {
  schema: z.strictObject({ kind: z.literal('node-cordon'), effectWithin: EffectWithin }),
  reversible: true,
  targets: ['node'],
  doc: {
    summary: `Marks the node as unschedulable, and with the annotation ${CORDONED_BY} whose doing that is. The node itself must have opted in. One that is cordoned already is left alone.`,
    undo: 'Makes it schedulable again, if the annotation says that this order has cordoned it.',
    effect: 'The node is unschedulable, and the annotation names this order.',
  },
  inject: (ports, _spec, order, signal) =>
    ports.journal.once(
      entryOf(order, 'cordon', 'schedulable'),
      async (earlier) => {
        const why = await refusalNow(ports, order, () => nodeRefusal(ports, order, signal), signal);
        if (why !== undefined) return notDone(why, earlier !== undefined);
        const atMs = Date.now();
        try {
          const refused = await cordon(ports, order, signal);
          return refused === undefined ? injected(atMs) : notDone(refused, earlier !== undefined);
        } catch (error) {
          return deedAfter(error, atMs, earlier !== undefined);
        }
      },
      signal,
    ),
  async effect(ports, { effectWithin }, order, signal) {
    const missing = await notCarriedOut(ports, order);
    if (missing) return missing;
    const look = async () => {
      const node = await readNode(ports, nodeOf(order.target), signal);
      if (typeof node === 'string') return { proven: false, evidence: node };
      const proven = node.spec.unschedulable && node.metadata.annotations[CORDONED_BY] === markOf(order);
      return { proven, evidence: `node ${node.metadata.name} is ${node.spec.unschedulable ? 'unschedulable' : 'schedulable'}` };
    };
    return awaitEffect(order, effectWithin, look, signal);
  },
  revert: (ports, _spec, order, signal) =>
    ports.journal.undo(entryOf(order, 'cordon', 'unknown'), (record) => uncordon(ports, order, record, signal), signal),
  manual: (_spec, order) => uncordonByHand(order),
  access: () => [rule(undefined, '', 'nodes', 'get', 'patch')],
});

/** How a person uncordons the node that an order has cordoned. */
export function uncordonByHand({ target }: Pick<Order, 'target'>): string {
  const pin = NodeIdentity.safeParse(target.identity);
  if (!pin.success) return remark(`look at ${target.name} by hand: its record does not pin a node`);
  const { name, uid } = pin.data;
  return kubectl({ resource: 'node', name, uid }, ['uncordon', name]);
}
