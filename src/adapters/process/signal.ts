import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { SignalOutcome } from '../../faults/ports.ts';
import { isSameProcess } from '../../domain/process.ts';
import type { ProcessIdentity } from '../../domain/process.ts';
import { UNAVAILABLE, pidfdCalls } from './libc.ts';
import type { Pidfd, PidfdCalls } from './libc.ts';
import type { ProcessSource, Vitals } from './source.ts';

const { ESRCH } = constants.errno;

/** One signal to one pinned process. */
export interface SignalRequest {
  victim: ProcessIdentity;
  /** Such as `SIGKILL`. */
  name: string;
  /** Epoch milliseconds; looked at again immediately before the signal. */
  notAfterMs: number;
  /** Why the victim must not be hit. Asked while the handle already pins the process, so the answer is about the right one. */
  protectedWhy: () => Promise<string | undefined>;
  /** Why it must not be sent now, asked when nothing else is in its way; between its answer and the signal only the identity is read again. */
  refusal: () => Promise<string | undefined>;
  signal: AbortSignal;
}

/**
 * Open a handle to the process, read again who it is and whether it may be hit, send through the handle. A pid that is reused at any
 * moment in between is then noticed or the handle refers to the dead one; the replacement cannot be hit.
 * Where there is no pidfd (macOS, Linux before 5.3) the identity is read immediately before `kill`: the gap is microseconds, not zero.
 */
export async function sendSignal(source: ProcessSource, request: SignalRequest): Promise<SignalOutcome> {
  const number = (constants.signals as Record<string, number>)[request.name];
  if (number === undefined) return { kind: 'refused', why: `this platform has no signal ${request.name}` };
  const calls = await pidfdCalls();
  const handle = calls === UNAVAILABLE ? undefined : open(calls, request.victim.pid);
  if (handle === 'gone') return { kind: 'gone', evidence: `no process has pid ${request.victim.pid}` };
  try {
    const why = await request.protectedWhy();
    const obstacle = identityObstacle(source, request.victim) ?? (why === undefined ? undefined : { kind: 'protected' as const, why });
    if (obstacle) return obstacle;
    const refusal = await request.refusal();
    if (refusal !== undefined) return { kind: 'refused', why: refusal };
    const changed = identityObstacle(source, request.victim);
    if (changed) return changed;
    request.signal.throwIfAborted();
    const atMs = Date.now();
    if (atMs > request.notAfterMs) return { kind: 'expired', evidence: `the order expired ${atMs - request.notAfterMs} ms ago` };
    return handle && calls !== UNAVAILABLE ? sendThrough(calls, handle, number, atMs) : sendByPid(request.victim.pid, number, atMs);
  } finally {
    if (handle) closeSync(handle.fd);
  }
}

/** Why the process that has the pid now is not the victim; undefined when it is. */
export function identityObstacle(
  source: ProcessSource,
  victim: ProcessIdentity,
  now: Vitals | undefined = source.vitals(victim.pid),
): SignalOutcome | undefined {
  if (source.bootId() !== victim.bootId) {
    return {
      kind: 'refused',
      why: `the order is for boot ${victim.bootId}, this machine runs boot ${source.bootId()}: rebooted, or another machine`,
    };
  }
  if (!now) return { kind: 'gone', evidence: `no process has pid ${victim.pid}` };
  if (!isSameProcess(now.identity, victim)) {
    const evidence = `pid ${victim.pid} belongs to a process that started at tick ${now.identity.startTicks}, the order is for tick ${victim.startTicks}`;
    return { kind: 'replaced', evidence, found: now.identity };
  }
  return /^[ZX]/.test(now.state) ? { kind: 'gone', evidence: `pid ${victim.pid} has ended and waits for its parent` } : undefined;
}

/** Undefined when the kernel has no pidfd, or a sandbox forbids it. */
function open(calls: PidfdCalls, pid: number): Pidfd | 'gone' | undefined {
  const opened = calls.open(pid);
  if ('fd' in opened) return opened;
  return opened.errno === ESRCH ? 'gone' : undefined;
}

function sendThrough(calls: PidfdCalls, handle: Pidfd, number: number, atMs: number): SignalOutcome {
  const errno = calls.send(handle, number);
  if (errno === 0) return { kind: 'delivered', atMs, via: 'pidfd' };
  return errno === ESRCH ? { kind: 'gone', evidence: 'ended while it was pinned' } : { kind: 'refused', why: getSystemErrorName(-errno) };
}

function sendByPid(pid: number, number: number, atMs: number): SignalOutcome {
  try {
    process.kill(pid, number);
    return { kind: 'delivered', atMs, via: 'kill' };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return code === 'ESRCH' ? { kind: 'gone', evidence: `no process has pid ${pid}` } : { kind: 'refused', why: code };
  }
}
