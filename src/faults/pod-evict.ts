import * as z from 'zod';
import { describeBudget } from '../domain/kubernetes/budgets.ts';
import { containerOf } from '../domain/kubernetes/identity.ts';
import type { Order } from '../domain/order.ts';
import { defineFault } from './define.ts';
import { podReads, rule } from './kubernetes/access.ts';
import { EffectWithin } from './kubernetes/fields.ts';
import { lookAt, podRef } from './kubernetes/pod-now.ts';
import { budgetsOf, evict, GracePeriod, injectRemoval, removalEffect, type Remove } from './kubernetes/removal.ts';
import { spentBudget } from './kubernetes/spent-budget.ts';
import type { FaultPorts } from './ports.ts';
import { entryOf, undone } from './process/order.ts';

const Mode = z
  .enum(['respect', 'fill', 'violate'])
  .default('respect')
  .describe(
    'respect: a budget that says no is obeyed. fill: the same, and meant to use all that it allows: with `selection: all`, each eviction stops where the budget does. violate: the pod is deleted although its budget says no; needs approvals',
  );

/** Has a pod evicted, so that its disruption budgets decide. */
export const podEvict = defineFault('pod-evict', {
  schema: z.strictObject({ kind: z.literal('pod-evict'), mode: Mode, gracePeriod: GracePeriod, effectWithin: EffectWithin }),
  reversible: false,
  targets: ['pod'],
  doc: {
    summary:
      'Evicts the pod through its eviction sub-resource, with its UID as precondition, so that PodDisruptionBudgets decide: a wave with a victim whose budget has no headroom is denied before anything is done, and one that has none left at the instant of the eviction leaves the pod alone; the reason names it with its numbers. `fill` ends by itself where the budget does; how many pods it may take at most, `selection` and `blastRadius` say.',
    undo: 'Nothing: whoever owns the pod makes another.',
    effect: 'That UID is gone, or is being deleted and its container has ended.',
  },
  inject(ports, { mode, gracePeriod }, order, signal) {
    const { refusal, remove } = dealing(ports, mode, order, signal);
    return injectRemoval(ports, order, `evict (${mode})`, gracePeriod, remove, signal, refusal);
  },
  effect: (ports, { effectWithin }, order, signal) => removalEffect(ports, effectWithin, order, signal),
  revert: (ports, { mode }, order, signal) =>
    ports.journal.undo(
      entryOf(order, `evict (${mode})`, 'unknown'),
      () => Promise.resolve(undone('an eviction leaves nothing to undo')),
      signal,
    ),
  manual: () => '# nothing to undo: whoever owns the pod makes another',
  foresee: (ports, { mode }, victims, signal) => (mode === 'violate' ? Promise.resolve(undefined) : spentBudget(ports, victims, signal)),
  access: ({ mode }, namespace) => [
    ...podReads(namespace),
    rule(namespace, 'policy', 'poddisruptionbudgets', 'list'),
    mode === 'violate' ? rule(namespace, '', 'pods', 'delete') : rule(namespace, '', 'pods/eviction', 'create'),
  ],
});

/** How a pod is removed, and what its budgets have against that: under `violate` nothing. */
function dealing(
  ports: FaultPorts,
  mode: z.infer<typeof Mode>,
  order: Order,
  signal: AbortSignal,
): { remove: Remove; refusal: () => Promise<string | undefined> } {
  const pin = containerOf(order.target);
  let labels: Record<string, string> = {};
  const refusal = async (): Promise<string | undefined> => {
    const now = await lookAt(ports, pin, signal);
    if (now.kind !== 'running') return `the victim is not there any more: ${now.evidence}`;
    labels = now.pod.metadata.labels;
    // the API server lets a pod that is not ready pass a spent budget; we do not
    const spent = (await budgetsOf(ports, pin.namespace, labels, signal)).filter(({ status }) => status.disruptionsAllowed === 0);
    return spent.length > 0 ? `${mode}: ${spent.map(describeBudget).join('; ')}` : undefined;
  };
  if (mode !== 'violate')
    return {
      refusal,
      remove: (uid, graceSeconds) => evict(ports, { namespace: pin.namespace, name: pin.pod, uid, labels }, graceSeconds, signal),
    };
  return {
    refusal: () => Promise.resolve(undefined),
    async remove(uid, graceSeconds) {
      await ports.kubernetes.remove(podRef(pin), { uid }, signal, graceSeconds);
      return undefined;
    },
  };
}
