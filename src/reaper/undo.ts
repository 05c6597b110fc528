import type { Order, Reversal } from '../domain/order.ts';
import type { BoundFault } from '../faults/define.ts';
import { faults } from '../faults/index.ts';
import type { FaultPorts, JournalPort } from '../faults/ports.ts';
import type { UndoRecord } from '../adapters/leases/records.ts';
import { ClaimHeld } from '../adapters/process/claims.ts';

/** No undo may take longer in one go, milliseconds; it is tried again. */
const UNDO_WITHIN_MS = 60_000;

/** Undoes an order whose lease is over, through the same catalogue and the same journal as a worker would. */
export type UndoAtEnd = (record: UndoRecord, why: string) => Promise<Reversal>;

/** @param bootId of this machine now: what was armed before a restart is void where its victim was a process here, because the restart has ended it */
export const createUndo =
  (ports: FaultPorts, bootId: string): UndoAtEnd =>
  async (record, why) => {
    const { order } = record;
    if (record.bootId !== bootId && order.target.kind === 'process')
      return close(ports.journal, order, `void: armed in boot ${record.bootId}, this is boot ${bootId}`);
    const fault = faults[order.fault.kind as keyof typeof faults] as
      { bind(spec: Order['fault'], ports: FaultPorts): BoundFault } | undefined;
    if (!fault) throw new Error(`this version knows no fault kind '${order.fault.kind}'`);
    const bound = fault.bind(order.fault, { ...ports, journal: journalAtEnd(ports.journal, why) });
    return bound.revert(order, AbortSignal.timeout(UNDO_WITHIN_MS));
  };

/** Records that nothing is left to undo. */
async function close(journal: JournalPort, order: Order, evidence: string): Promise<Reversal> {
  const { intent } = await journal.read(order.key);
  const bounds = { place: { workflowId: order.workflowId, wave: order.wave, iteration: order.iteration } };
  const { epoch, victimsPlanned, notAfterMs, key, target, fault } = order;
  const entry = { key, faultKind: fault.kind, targetId: target.id, detail: intent?.detail ?? '', before: 'unknown', notAfterMs };
  return journal.undo(
    { ...entry, ...bounds, epoch, victimsPlanned, atMs: Date.now() },
    () => Promise.resolve({ undone: true, evidence }),
    AbortSignal.timeout(UNDO_WITHIN_MS),
  );
}

/**
 * The journal as the reaper uses it: evidence says why it acted. An attempt that still holds the order, such as a worker that was frozen in the
 * middle of its deed, cannot keep the victim: its deed is undone all the same, and again until it has let go.
 */
const journalAtEnd = (journal: JournalPort, why: string): JournalPort => ({
  ...journal,
  async undo(entry, act, signal) {
    try {
      return await journal.undo(
        entry,
        async (record) => {
          const reversal = await act(record);
          return { ...reversal, evidence: `${why}: ${reversal.evidence}` };
        },
        signal,
      );
    } catch (error) {
      if (!(error instanceof ClaimHeld)) throw error;
      const { evidence } = await act(await journal.read(entry.key));
      return {
        undone: false,
        evidence: `a living attempt holds the order, and it is undone all the same (${evidence}) until that lets go`,
      };
    }
  },
});
