import * as z from 'zod';
import type { Reversal } from '../domain/order.ts';
import { processOf } from '../domain/process.ts';
import type { ProcessIdentity } from '../domain/process.ts';
import { defineFault } from './define.ts';
import type { Deed, FaultPorts, JournalRecord, ProcessCondition } from './ports.ts';
import { onlyIfSame } from './process/by-hand.ts';
import { awaitCondition, deedOf, entryOf, injected, leftOver, notCarriedOut, skipped, undone } from './process/order.ts';

/** How soon a signal must show in the state of the process, milliseconds. A process in a disk wait takes it afterwards. */
const SETTLE_MS = 2_000;

/** Stops a process without ending it, as a hung one looks from outside. */
export const processPause = defineFault('process-pause', {
  schema: z.strictObject({ kind: z.literal('process-pause') }),
  reversible: true,
  targets: ['process'],
  doc: {
    summary: 'Stops the process (SIGSTOP): it keeps its memory, connections and locks, and does nothing.',
    undo: 'Lets it run on (SIGCONT) and looks that it does.',
    effect: 'The process is in state T (stopped).',
  },
  async inject(ports, _spec, order, signal) {
    const victim = processOf(order.target);
    const now = await ports.processes.inspect(victim);
    return ports.journal.once(
      entryOf(order, 'SIGSTOP', now.kind),
      async (earlier) => {
        const settled = settledBy(await ports.processes.inspect(victim), earlier?.before);
        const deed = settled ?? deedOf(await ports.processes.signal(victim, 'SIGSTOP', order.notAfterMs, signal));
        // a cut-off attempt's SIGSTOP may be on its way to a victim that still looks as if it ran; SIGCONT cancels it
        if (deed.outcome === 'skipped' && earlier?.before === 'running') await ports.processes.resume(victim);
        return deed;
      },
      signal,
    );
  },
  async effect(ports, _spec, order, signal) {
    const missing = await notCarriedOut(ports, order);
    if (missing) return missing;
    const { kind, evidence } = await awaitCondition(ports, processOf(order.target), ['stopped', 'ended', 'replaced'], SETTLE_MS, signal);
    return { proven: kind === 'stopped', evidence };
  },
  revert: (ports, _spec, order, signal) =>
    ports.journal.undo(entryOf(order, 'SIGSTOP', 'unknown'), (record) => resume(ports, processOf(order.target), record, signal), signal),
  manual: (_spec, { target }) => onlyIfSame(target, 'kill -CONT'),
});

/** Undefined: the signal may be sent. A process that somebody else has stopped is left alone, or the undo would wake it. */
function settledBy(now: ProcessCondition, beforeEarlier: string | undefined): Deed | undefined {
  if (now.kind !== 'stopped') return undefined;
  if (beforeEarlier === 'running')
    return injected(Date.now(), `an earlier attempt was cut off, and the victim is stopped: ${now.evidence}`);
  return skipped(`the victim was stopped already, and not by this order: ${now.evidence}`);
}

async function resume(ports: FaultPorts, victim: ProcessIdentity, record: JournalRecord, signal: AbortSignal): Promise<Reversal> {
  const now = await ports.processes.inspect(victim);
  if (now.kind === 'ended' || now.kind === 'replaced') return undone(`the victim is no more: ${now.evidence}`);
  if (now.kind === 'elsewhere') return leftOver(now.evidence);
  if (record.deed?.outcome === 'skipped' || record.intent?.before === 'stopped')
    return undone(`this order did not stop the victim: ${now.evidence}`);
  if (!record.intent && now.kind === 'running') return undone(`the victim runs, and this order never reached it: ${now.evidence}`);
  if (!record.intent) return leftOver(`${now.evidence}, but the journal does not know that this order stopped it: look who did`);
  // also when it looks as if it ran: a SIGSTOP shows only once the victim has been scheduled, and SIGCONT cancels one that is pending
  const sent = await ports.processes.resume(victim);
  if (sent.kind === 'refused') return leftOver(`SIGCONT was refused: ${sent.why}`);
  const after = await awaitCondition(ports, victim, ['running', 'ended', 'replaced'], SETTLE_MS, signal);
  return after.kind === 'stopped' || after.kind === 'elsewhere'
    ? leftOver(`still stopped after SIGCONT: ${after.evidence}`)
    : undone(after.evidence);
}
