import * as z from 'zod';
import { containerOf } from '../domain/kubernetes/identity.ts';
import { defineFault } from './define.ts';
import { podReads, rule } from './kubernetes/access.ts';
import { EffectWithin } from './kubernetes/fields.ts';
import { podRef } from './kubernetes/pod-now.ts';
import { GracePeriod, injectRemoval, removalEffect } from './kubernetes/removal.ts';
import { entryOf, undone } from './process/order.ts';

/** Deletes a pod, by its UID: its replacement is not touched. */
export const podDelete = defineFault('pod-delete', {
  schema: z.strictObject({ kind: z.literal('pod-delete'), gracePeriod: GracePeriod, effectWithin: EffectWithin }),
  reversible: false,
  targets: ['pod'],
  doc: {
    summary:
      'Deletes the pod, with its UID as precondition: a pod that has come in its place is left alone. Disruption budgets are not asked.',
    undo: 'Nothing: whoever owns the pod makes another.',
    effect: 'That UID is gone, or is being deleted and its container has ended. A replacement is evidence, not proof.',
  },
  inject: (ports, { gracePeriod }, order, signal) =>
    injectRemoval(
      ports,
      order,
      'delete',
      gracePeriod,
      async (uid, graceSeconds) => {
        await ports.kubernetes.remove(podRef(containerOf(order.target)), { uid }, signal, graceSeconds);
        return undefined;
      },
      signal,
    ),
  effect: (ports, { effectWithin }, order, signal) => removalEffect(ports, effectWithin, order, signal),
  revert: (ports, _spec, order, signal) =>
    ports.journal.undo(entryOf(order, 'delete', 'unknown'), () => Promise.resolve(undone('a deletion leaves nothing to undo')), signal),
  manual: () => '# nothing to undo: whoever owns the pod makes another',
  access: (_spec, namespace) => [...podReads(namespace), rule(namespace, '', 'pods', 'delete')],
});
