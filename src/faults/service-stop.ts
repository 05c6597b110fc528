import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Order, Reversal } from '../domain/order.ts';
import { processOf } from '../domain/process.ts';
import { Duration } from '../domain/units.ts';
import { defineFault } from './define.ts';
import type { Deed, FaultPorts, JournalRecord } from './ports.ts';
import { commandByHand } from './process/by-hand.ts';
import { Argv, askStatus, awaitStatus, command } from './process/service.ts';
import type { ServiceSpec } from './process/service.ts';
import { awaitCondition, entryOf, injected, leftOver, notCarriedOut, skipped, undone } from './process/order.ts';

/** Stops a service through the command of whoever supervises it, so that nothing restarts it. */
export const serviceStop = defineFault('service-stop', {
  schema: z.strictObject({
    kind: z.literal('service-stop'),
    stop: Argv.describe('program and arguments; {name} stands for the service, {label:KEY} for a label of the target'),
    start: Argv.describe('undoes stop; must be safe to repeat'),
    status: Argv.describe('asked before, after and for the undo'),
    runningExitCodes: z.array(z.int().min(0).max(255)).min(1).default([0]).describe('exit codes of status that mean: runs'),
    stoppedExitCodes: z
      .array(z.int().min(0).max(255))
      .min(1)
      .default([3])
      .describe('exit codes of status that mean: is stopped; anything else is unknown'),
    states: z
      .strictObject({ running: z.string().min(1), stopped: z.string().min(1) })
      .optional()
      .describe('what status prints, when its exit code does not tell'),
    commandTimeout: Duration.default(10_000),
    effectWithin: Duration.default(5_000).describe('how soon the service must be stopped, and started again by the undo'),
  }),
  reversible: true,
  targets: ['process'],
  doc: {
    summary: 'Stops the service that the process belongs to, with its supervisor’s own command.',
    undo: 'Starts it with the supervisor’s command and waits until status says that it runs.',
    effect: 'Status says that the service is stopped, and the process that was chosen has ended.',
  },
  async inject(ports, spec, order, signal) {
    const before = await askStatus(ports, spec, order, signal);
    return ports.journal.once(
      entryOf(order, spec.stop.join(' '), before.kind),
      (earlier) => stop(ports, spec, order, earlier?.before, signal),
      signal,
    );
  },
  async effect(ports, spec, order, signal) {
    const missing = await notCarriedOut(ports, order);
    if (missing) return missing;
    const status = await awaitStatus(ports, spec, order, 'stopped', signal);
    const victim = await awaitCondition(ports, processOf(order.target), ['ended', 'replaced'], spec.effectWithin, signal);
    const hasEnded = victim.kind === 'ended' || victim.kind === 'replaced';
    return { proven: status.kind === 'stopped' && hasEnded, evidence: `${status.evidence}; ${victim.evidence}` };
  },
  revert: (ports, spec, order, signal) =>
    ports.journal.undo(entryOf(order, spec.stop.join(' '), 'unknown'), (record) => start(ports, spec, order, record, signal), signal),
  manual: (spec, order) => commandByHand(spec.start, order),
});

/** The chosen process is read again immediately before; the supervisor's command then acts by name, which it alone can do. */
async function stop(
  ports: FaultPorts,
  spec: ServiceSpec,
  order: Order,
  beforeEarlier: string | undefined,
  signal: AbortSignal,
): Promise<Deed> {
  const victim = processOf(order.target);
  const status = await askStatus(ports, spec, order, signal);
  if (status.kind === 'stopped' && beforeEarlier === 'running')
    return injected(Date.now(), `an earlier attempt was cut off, and the service is stopped: ${status.evidence}`);
  if (status.kind !== 'running') return skipped(`the service does not run: ${status.evidence}`);
  const why = await ports.processes.protectionOf(victim, signal);
  const now = await ports.processes.inspect(victim);
  if (now.kind !== 'running' && now.kind !== 'stopped') return skipped(`the victim is not there any more: ${now.evidence}`);
  if (why !== undefined) return skipped(`the victim is protected: it ${why}`);
  const line = command(spec.stop, order, spec.commandTimeout);
  signal.throwIfAborted();
  const atMs = Date.now();
  if (atMs > order.notAfterMs) return skipped(`the order expired ${atMs - order.notAfterMs} ms ago`);
  const { exitCode, timedOut } = await ports.commands.run(line, signal);
  return injected(
    atMs,
    exitCode === 0 ? undefined : `stop ended with ${timedOut ? 'a time-out' : `exit code ${exitCode}`}; it may have acted`,
  );
}

async function start(ports: FaultPorts, spec: ServiceSpec, order: Order, record: JournalRecord, signal: AbortSignal): Promise<Reversal> {
  if (!record.intent) return undone('this order was not carried out by this machine');
  if (record.deed?.outcome === 'skipped') return undone(`this order did not stop the service: ${record.deed.reason ?? 'skipped'}`);
  if (record.intent.before === 'stopped') return undone('the service was stopped before this order');
  const orphanEndsMs = record.deed ? 0 : record.intent.atMs + spec.commandTimeout; // a cut-off attempt's stop may still be at work
  await sleep(Math.max(0, orphanEndsMs - Date.now()), undefined, { signal });
  const now = await askStatus(ports, spec, order, signal);
  if (now.kind === 'running') return undone(now.evidence);
  const { exitCode } = await ports.commands.run(command(spec.start, order, spec.commandTimeout), signal);
  const after = await awaitStatus(ports, spec, order, 'running', signal);
  return after.kind === 'running' ? undone(after.evidence) : leftOver(`start ended with exit code ${exitCode}, and ${after.evidence}`);
}
