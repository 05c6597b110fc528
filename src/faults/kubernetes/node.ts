import { nodeOf, type NodeIdentity } from '../../domain/kubernetes/identity.ts';
import { KubernetesError } from '../../domain/kubernetes/port.ts';
import { Node } from '../../domain/kubernetes/objects.ts';
import { optInRefusal } from '../../domain/kubernetes/protection.ts';
import { NODES, type ObjectRef } from '../../domain/kubernetes/resources.ts';
import type { Order, Reversal } from '../../domain/order.ts';
import type { FaultPorts, JournalRecord } from '../ports.ts';
import { leftOver, undone } from '../process/order.ts';
import { markOf } from './mark.ts';
import { mayStillLand } from './reversal.ts';

/** On a node that an order has cordoned: which order it was. Written and taken away together with the cordon. */
export const CORDONED_BY = 'breakwater.dev/cordoned-by';

/** A node is written by its kubelet too: how often a change is tried that finds it changed meanwhile. */
const TRIES = 5;

export const nodeRef = ({ name }: NodeIdentity): ObjectRef => ({ resource: NODES, name });

/** @returns the node, or why it is not the one that was pinned. @throws KubernetesError when the API server does not tell */
export async function readNode(
  { kubernetes }: Pick<FaultPorts, 'kubernetes'>,
  pin: NodeIdentity,
  signal: AbortSignal,
): Promise<Node | string> {
  const node = await kubernetes.read(nodeRef(pin), Node, signal);
  if (!node) return `node ${pin.name} is gone`;
  return node.metadata.uid === pin.uid ? node : `another node has the name ${pin.name}: uid ${node.metadata.uid}, not ${pin.uid}`;
}

/** Why a node must not be cordoned now. One that our own order has cordoned may be. */
export async function nodeRefusal(ports: FaultPorts, order: Order, signal: AbortSignal): Promise<string | undefined> {
  const pin = nodeOf(order.target);
  const node = await readNode(ports, pin, signal);
  if (typeof node === 'string') return `the victim is not there any more: ${node}`;
  const bootId = node.status.nodeInfo?.bootID;
  if (bootId !== pin.bootId) return `the victim was restarted: boot id ${bootId ?? 'unknown'}, not ${pin.bootId}`;
  const why = optInRefusal([{ what: `node ${pin.name}`, annotations: node.metadata.annotations }]);
  if (why !== undefined) return `the victim is protected: it ${why}`;
  if (node.spec.unschedulable && node.metadata.annotations[CORDONED_BY] !== markOf(order))
    return `node ${pin.name} is cordoned already, and not by this order`;
  return undefined;
}

/** Cordons, or uncordons, the node as it was just read. Nothing else may have changed meanwhile. */
export async function setCordon(ports: FaultPorts, node: Node, mark: string | null, signal: AbortSignal): Promise<void> {
  const { name, uid, resourceVersion } = node.metadata;
  const metadata = { uid, resourceVersion, annotations: { [CORDONED_BY]: mark } };
  const body = { metadata, spec: { unschedulable: mark === null ? null : true } };
  await ports.kubernetes.patch({ resource: NODES, name }, { kind: 'merge', body }, signal);
}

/**
 * Cordons the node for an order. Safe to repeat.
 * @returns why not; undefined when it is cordoned
 * @throws KubernetesError when the API server refused, or did not answer
 */
export async function cordon(ports: FaultPorts, order: Order, signal: AbortSignal): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const why = await nodeRefusal(ports, order, signal);
    if (why !== undefined) return why;
    const node = await readNode(ports, nodeOf(order.target), signal);
    if (typeof node === 'string') return node;
    if (node.spec.unschedulable) return undefined; // by this order, or the refusal would have said so
    if (Date.now() > order.notAfterMs) return `the order expired ${Date.now() - order.notAfterMs} ms ago`;
    try {
      await setCordon(ports, node, markOf(order), signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.status !== 409 || attempt === TRIES) throw error;
    }
  }
}

/** Uncordons the node if this order has cordoned it, and looks that it is so. */
export async function uncordon(ports: FaultPorts, order: Order, record: JournalRecord, signal: AbortSignal): Promise<Reversal> {
  const pin = nodeOf(order.target);
  let isLifted = false; // a cordon that is still on its way carries an older version, and is refused from then on
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const node = await readNode(ports, pin, signal);
    if (typeof node === 'string') return undone(node);
    const by = node.metadata.annotations[CORDONED_BY];
    if (by !== markOf(order)) {
      const pending = isLifted ? undefined : mayStillLand(record);
      if (pending !== undefined) return leftOver(`node ${pin.name} is not cordoned by this order, and ${pending}`);
      return undone(`node ${pin.name} is ${node.spec.unschedulable ? 'cordoned, and not by this order' : 'schedulable'}`);
    }
    try {
      await setCordon(ports, node, null, signal);
      isLifted = true;
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.status !== 409) throw error;
    }
  }
  const last = await readNode(ports, pin, signal);
  return typeof last !== 'string' && last.metadata.annotations[CORDONED_BY] === markOf(order)
    ? leftOver(`node ${pin.name} is still cordoned: it was changed each time that it was to be uncordoned`)
    : undone(`node ${pin.name} is schedulable`);
}
