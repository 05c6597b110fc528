import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ContainerIdentity, containerOf } from '../domain/kubernetes/identity.ts';
import type { Order, Reversal } from '../domain/order.ts';
import { defineFault } from './define.ts';
import { podExec, podReads } from './kubernetes/access.ts';
import { kubectl, remark } from './kubernetes/by-hand.ts';
import { choose } from './kubernetes/choose.ts';
import { EffectWithin } from './kubernetes/fields.ts';
import { awaitEffect, containerRefusal, notDone, refusalNow } from './kubernetes/last-checks.ts';
import { lookAtPaused, onlyOne, pause, prolong, tellWatchdogs } from './kubernetes/pause.ts';
import { hasEnded, pinnedIn, send, stateOf, type Pinned } from './kubernetes/pinned.ts';
import { lookAt } from './kubernetes/pod-now.ts';
import { matches, ProcessPattern } from './kubernetes/process-pattern.ts';
import { mayStillLand } from './kubernetes/reversal.ts';
import type { Deed, FaultPorts, JournalRecord } from './ports.ts';
import { entryOf, injected, leftOver, notCarriedOut, skipped, undone } from './process/order.ts';

/** How soon a process must run on after SIGCONT, and how often it is looked at, milliseconds. */
const SETTLE_MS = 3_000;
const LOOK_EVERY_MS = 200;

/** Stops a process inside of a container without ending it. */
export const containerProcessPause = defineFault('container-process-pause', {
  schema: z.strictObject({
    kind: z.literal('container-process-pause'),
    process: ProcessPattern.describe('which process, exactly one: executable, argv, or both'),
    effectWithin: EffectWithin,
  }),
  reversible: true,
  targets: ['pod'],
  doc: {
    summary:
      'Stops a process inside of a container (SIGSTOP). Never process 1: the kernel drops a SIGSTOP to it that comes from inside. A watchdog in the container is started before, and lets the process run on at the end of the lease, whoever else is gone by then. The image must have sh, cat and sleep.',
    undo: 'Lets it run on (SIGCONT), looks that it does, and ends the watchdog.',
    effect: 'The process is in state T (stopped).',
  },
  async inject(ports, spec, order, signal) {
    const pin = containerOf(order.target);
    const { intent, deed, reversal } = await ports.journal.read(order.key);
    const wanted = {
      isWanted: matches.bind(undefined, spec.process),
      what: `process ${JSON.stringify(spec.process)}`,
      count: 1,
      debugImage: undefined,
    };
    const chosen = intent || deed || reversal ? pinnedIn(intent?.before) : await choose(ports, order, wanted, 'SIGSTOP', signal);
    return ports.journal.once(
      entryOf(order, 'SIGSTOP', typeof chosen === 'object' ? JSON.stringify(chosen) : 'nobody was chosen'),
      async (earlier) => {
        if (typeof chosen === 'string') return notDone(chosen, earlier !== undefined);
        const pinned = earlier ? pinnedIn(earlier.before) : chosen;
        if (!pinned) return skipped('an earlier attempt was cut off before it had chosen anybody');
        return stop(ports, pin, pinned, order, earlier !== undefined, signal);
      },
      signal,
    );
  },
  async effect(ports, { effectWithin }, order, signal) {
    const missing = await notCarriedOut(ports, order);
    if (missing) return missing;
    const pin = containerOf(order.target);
    const pinned = pinnedIn((await ports.journal.read(order.key)).intent?.before);
    if (!pinned) return { proven: false, evidence: 'the journal does not say which process was stopped' };
    const look = async () => {
      const now = await lookAt(ports, pin, signal);
      if (now.kind !== 'running') return { proven: false, evidence: now.evidence };
      const state = await stateOf(ports, pin, pinned, onlyOne(pinned), signal);
      return { proven: state === 'T', evidence: `process ${onlyOne(pinned).name} is in state ${state}` };
    };
    return awaitEffect(order, effectWithin, look, signal);
  },
  revert: (ports, _spec, order, signal) =>
    ports.journal.undo(entryOf(order, 'SIGSTOP', 'unknown'), (record) => resume(ports, order, record, signal), signal),
  async renew(ports, _spec, order, signal) {
    const { intent, deed } = await ports.journal.read(order.key);
    const pinned = pinnedIn(intent?.before);
    if (!pinned || deed?.outcome !== 'injected') return undefined; // nothing is held yet, or nothing will be
    const pin = containerOf(order.target);
    const now = await lookAt(ports, pin, signal);
    return now.kind === 'running' ? prolong(ports, pin, pinned, order, signal) : now.evidence;
  },
  manual(_spec, { target }) {
    const pin = ContainerIdentity.safeParse(target.identity);
    if (!pin.success) return remark(`look at ${target.name} by hand: its record does not pin a container`);
    const { namespace, pod, container, uid } = pin.data;
    const wake = 'for s in /proc/[0-9]*/stat; do l=$(cat $s); case ${l##*) } in T*) kill -s CONT ${l%% *};; esac; done';
    return kubectl({ resource: 'pod', name: pod, namespace, uid }, ['exec', pod, '-n', namespace, '-c', container, '--', 'sh', '-c', wake]);
  },
  access: (_spec, namespace) => [...podReads(namespace), ...podExec(namespace, false)],
});

async function stop(
  ports: FaultPorts,
  pin: ContainerIdentity,
  pinned: Pinned,
  order: Order,
  isRepeat: boolean,
  signal: AbortSignal,
): Promise<Deed> {
  const victim = onlyOne(pinned);
  if (victim.state === 'T') return skipped(`the victim was stopped already, and not by this order: ${victim.name}`);
  if (isRepeat) {
    const state = await stateOf(ports, pin, pinned, victim, signal);
    if (state === 'T') return injected(Date.now(), `an earlier attempt was cut off, and the victim is stopped: ${victim.name}`);
  }
  const why = await refusalNow(ports, order, () => containerRefusal(ports, order, signal), signal);
  if (why !== undefined) return notDone(why, isRepeat);
  // one that a cut-off attempt has left would wake the victim early; it is not stopped now
  if (isRepeat) await tellWatchdogs(ports, pin, pinned, (await lookAtPaused(ports, pin, pinned, order, signal)).watchdogs, 'TERM', signal);
  const atMs = Date.now();
  const sent = await pause(ports, pin, pinned, order, signal);
  if (sent.kind === 'not') return notDone(sent.why, isRepeat);
  return injected(atMs, sent.kind === 'unknown' ? `${sent.why}; what the container shows decides` : undefined);
}

/** Why a process that runs may be stopped by this order yet: its watchdog is kept until that is over. */
function mayStopAgain(sent: Awaited<ReturnType<typeof send>>, record: JournalRecord): string | undefined {
  return sent.kind === 'sent' ? mayStillLand(record) : `SIGCONT may not have reached it: ${sent.why}`;
}

async function resume(ports: FaultPorts, order: Order, record: JournalRecord, signal: AbortSignal): Promise<Reversal> {
  const pin = containerOf(order.target);
  const pinned = pinnedIn(record.intent?.before);
  if (!record.intent || !pinned) return undone('this order stopped nobody');
  const victim = onlyOne(pinned);
  if (record.deed?.outcome === 'skipped' || victim.state === 'T') return undone(`this order did not stop process ${victim.name}`);
  const now = await lookAt(ports, pin, signal);
  if (now.kind !== 'running') return undone(`the victim is no more: ${now.evidence}`);
  // also when it looks as if it ran: SIGCONT cancels a SIGSTOP that is pending
  const sent = await send(ports, pin, pinned, victim, 'CONT', undefined, signal);
  const untilMs = Date.now() + SETTLE_MS;
  for (;;) {
    const { state, watchdogs } = await lookAtPaused(ports, pin, pinned, order, signal);
    if (state !== 'T') {
      const open = hasEnded(state) ? undefined : mayStopAgain(sent, record);
      if (open !== undefined) return leftOver(`process ${victim.name} runs: state ${state}, but ${open}`);
      await tellWatchdogs(ports, pin, pinned, watchdogs, 'TERM', signal);
      return undone(hasEnded(state) ? `process ${victim.name} is no more` : `process ${victim.name} runs: state ${state}`);
    }
    if (Date.now() >= untilMs)
      return leftOver(`process ${victim.name} is still stopped after SIGCONT${sent.kind === 'sent' ? '' : `: ${sent.why}`}`);
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}
