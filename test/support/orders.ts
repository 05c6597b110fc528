import type { Order } from '../../src/domain/order.ts';

/** What a test's order holds beside its victim and its fault: a place without a cap, nobody who must survive. */
export const orderDefaults = (): Pick<
  Order,
  'workflowId' | 'wave' | 'iteration' | 'notAfterMs' | 'epoch' | 'victimsPlanned' | 'leaseMs' | 'survivors'
> => ({
  workflowId: 'run',
  wave: 'wave',
  iteration: 0,
  notAfterMs: Date.now() + 10_000,
  epoch: 1,
  victimsPlanned: 1_000,
  leaseMs: 60_000,
  survivors: { targets: { kind: 'process' }, atLeast: 0 },
});
