import * as z from 'zod';
import { nodeOf } from '../domain/kubernetes/identity.ts';
import type { Order } from '../domain/order.ts';
import { defineFault } from './define.ts';
import { podReads, rule } from './kubernetes/access.ts';
import { drainRefusal, evictable, evictAll } from './kubernetes/drain.ts';
import { EffectWithin } from './kubernetes/fields.ts';
import { awaitEffect, notDone, refusalNow } from './kubernetes/last-checks.ts';
import { markOf } from './kubernetes/mark.ts';
import { CORDONED_BY, cordon, nodeRefusal, readNode, uncordon } from './kubernetes/node.ts';
import { deedAfter } from './kubernetes/removal.ts';
import { uncordonByHand } from './node-cordon.ts';
import type { Deed, FaultPorts } from './ports.ts';
import { entryOf, injected, notCarriedOut } from './process/order.ts';

/** Takes a node out of service, as its maintainer does. */
export const nodeDrain = defineFault('node-drain', {
  schema: z.strictObject({ kind: z.literal('node-drain'), effectWithin: EffectWithin }),
  reversible: true,
  targets: ['node'],
  doc: {
    summary:
      'Cordons the node and evicts its pods, those of DaemonSets and mirrors of static pods left out, as their disruption budgets allow and for as long as the order lives (15 s). A node that holds a pod of a protected namespace, or one that has not opted in, is refused. Every pod on it counts as one victim: the node.',
    undo: 'Makes the node schedulable again, if this order has cordoned it. Evicted pods run elsewhere and stay there.',
    effect: 'The node is unschedulable by this order, and every pod of it that can be evicted is gone, or is being deleted.',
  },
  inject: (ports, _spec, order, signal) =>
    ports.journal.once(entryOf(order, 'drain', 'schedulable'), (earlier) => drain(ports, order, earlier !== undefined, signal), signal),
  async effect(ports, { effectWithin }, order, signal) {
    const missing = await notCarriedOut(ports, order);
    if (missing) return missing;
    const look = async () => {
      const node = await readNode(ports, nodeOf(order.target), signal);
      if (typeof node === 'string') return { proven: false, evidence: node };
      const isOurs = node.spec.unschedulable && node.metadata.annotations[CORDONED_BY] === markOf(order);
      const rest = (await evictable(ports, order, signal)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      const names = rest.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`).join(', ');
      const evidence = `node ${node.metadata.name} is ${isOurs ? 'cordoned by this order' : 'not cordoned by this order'}; left on it: ${names || 'nothing that can be evicted'}`;
      return { proven: isOurs && rest.length === 0, evidence: evidence.slice(0, 500) };
    };
    return awaitEffect(order, effectWithin, look, signal);
  },
  revert: (ports, _spec, order, signal) =>
    ports.journal.undo(entryOf(order, 'drain', 'unknown'), (record) => uncordon(ports, order, record, signal), signal),
  manual: (_spec, order) => uncordonByHand(order),
  access: () => [
    rule(undefined, '', 'nodes', 'get', 'patch'),
    ...podReads(undefined),
    rule(undefined, '', 'pods', 'list'),
    rule(undefined, '', 'pods/eviction', 'create'),
    rule(undefined, 'policy', 'poddisruptionbudgets', 'list'),
  ],
});

async function drain(ports: FaultPorts, order: Order, isRepeat: boolean, signal: AbortSignal): Promise<Deed> {
  const checks = async () =>
    (await nodeRefusal(ports, order, signal)) ?? drainRefusal(ports, await evictable(ports, order, signal), signal);
  const why = await refusalNow(ports, order, checks, signal);
  if (why !== undefined) return notDone(why, isRepeat);
  const atMs = Date.now();
  try {
    const refused = await cordon(ports, order, signal);
    if (refused !== undefined) return notDone(refused, isRepeat);
  } catch (error) {
    return deedAfter(error, atMs, isRepeat);
  }
  // from here on the node is cordoned: whatever ends the evictions, the order was carried out in part
  const left = await evictAll(ports, order, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return `the evictions were cut off: ${error instanceof Error ? error.message : String(error)}`;
  });
  return injected(atMs, left);
}
