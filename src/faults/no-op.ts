import * as z from 'zod';
import { REHEARSAL } from '../domain/order.ts';
import { defineFault } from './define.ts';
import { entryOf, injected, notCarriedOut, skipped, undone } from './process/order.ts';

/** Does nothing, with everything that belongs to a fault: orders, guard, hold, recovery. What the signals do meanwhile is their noise. */
export const noOp = defineFault(REHEARSAL, {
  schema: z.strictObject({ kind: z.literal(REHEARSAL) }),
  reversible: false,
  targets: ['process', 'pod', 'workload', 'node', 'route'],
  doc: {
    summary: 'Does nothing, on purpose (an A/A rehearsal): the whole path is walked, and what the signals do meanwhile is their noise.',
    undo: 'Nothing was done, so there is nothing to undo.',
    effect: 'The order reached the site and is in its journal; a run of nothing but rehearsals is never a pass.',
  },
  inject: (ports, _spec, order, signal) =>
    ports.journal.once(
      entryOf(order, 'nothing', 'untouched'),
      () => {
        const nowMs = Date.now();
        return Promise.resolve(
          nowMs > order.notAfterMs ? skipped('the order has expired') : injected(nowMs, 'nothing was done, on purpose'),
        );
      },
      signal,
    ),
  async effect(ports, _spec, order) {
    const missing = await notCarriedOut(ports, order);
    return missing ?? { proven: true, evidence: 'the order was received, and nothing was done, on purpose' };
  },
  revert: () => Promise.resolve(undone('nothing was done')),
  manual: () => '# nothing to undo: nothing was done',
});
