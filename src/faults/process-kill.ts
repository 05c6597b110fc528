import * as z from 'zod';
import { processOf } from '../domain/process.ts';
import { Duration } from '../domain/units.ts';
import { defineFault } from './define.ts';
import type { Deed, ProcessCondition } from './ports.ts';
import { awaitCondition, deedOf, entryOf, injected, notCarriedOut, skipped, undone } from './process/order.ts';
import { IGNORED_BY_DEFAULT, KillSignal } from './process/signals.ts';

/** How long the signal of an attempt that was cut off may take to show, milliseconds. */
const LANDS_WITHIN_MS = 300;

/** Sends a signal to a process, by default the one that it cannot refuse. */
export const processKill = defineFault('process-kill', {
  schema: z.strictObject({
    kind: z.literal('process-kill'),
    signal: KillSignal.default('SIGKILL').describe('name of the signal; stopping ones are refused, because process-pause undoes them'),
    effectWithin: Duration.default(2_000).describe('how soon the process must have ended, or the fault is not proven'),
  }),
  reversible: false,
  targets: ['process'],
  doc: {
    summary: 'Sends a signal to the process, SIGKILL unless another is named.',
    undo: 'Nothing: a supervisor or a runbook brings the process back.',
    effect: 'The process has ended (a zombie counts as ended). A process that catches the signal and lives on is not proven.',
  },
  async inject(ports, spec, order, signal) {
    const victim = processOf(order.target);
    const now = await ports.processes.inspect(victim);
    return ports.journal.once(
      entryOf(order, spec.signal, now.kind),
      async (earlier) => {
        const settled =
          earlier &&
          afterCrash(await awaitCondition(ports, victim, ['ended', 'replaced'], LANDS_WITHIN_MS, signal), earlier.before, spec.signal);
        return settled ?? deedOf(await ports.processes.signal(victim, spec.signal, order.notAfterMs, signal));
      },
      signal,
    );
  },
  async effect(ports, spec, order, signal) {
    const missing = await notCarriedOut(ports, order);
    if (missing) return missing;
    if (IGNORED_BY_DEFAULT.includes(spec.signal))
      return { proven: false, evidence: `${spec.signal} has no effect that can be seen from outside` };
    const { kind, evidence } = await awaitCondition(ports, processOf(order.target), ['ended', 'replaced'], spec.effectWithin, signal);
    if (kind === 'ended' || kind === 'replaced') return { proven: true, evidence: `the victim has ended: ${evidence}` };
    return { proven: false, evidence: `${spec.effectWithin} ms after ${spec.signal} the victim is not seen to have ended: ${evidence}` };
  },
  revert: (ports, spec, order, signal) =>
    ports.journal.undo(entryOf(order, spec.signal, 'unknown'), () => Promise.resolve(undone('a signal leaves nothing to undo')), signal),
  manual: () => '# nothing to undo: a supervisor or a runbook brings the process back',
});

/**
 * What an order did whose first attempt died between its intent and its record. Undefined: it may act on the same, unharmed victim.
 * Only SIGKILL is sent again: of any other signal nobody can tell whether it was delivered, and twice is once too many.
 */
function afterCrash(now: ProcessCondition, before: string, signal: string): Deed | undefined {
  const livedBefore = before === 'running' || before === 'stopped';
  if (now.kind === 'ended' && livedBefore)
    return injected(Date.now(), `an earlier attempt was cut off, and the victim has ended: ${now.evidence}`);
  if (now.kind !== 'running' && now.kind !== 'stopped') return skipped(`an earlier attempt was cut off: ${now.evidence}`);
  if (signal === 'SIGKILL') return undefined;
  return skipped(`an earlier attempt was cut off and may have delivered ${signal}: it is not sent twice`);
}
