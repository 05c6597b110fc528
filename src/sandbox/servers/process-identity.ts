import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What tells a process from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot on Linux, a date elsewhere: only ever compared for equality. */
  startTime: string;
  /** Differs after a reboot; empty where the platform has none. */
  bootId: string;
}

/** @returns the identity of the living process with this pid, or undefined when there is none (a zombie is none) */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  return platform() === 'linux' ? identifyByProc(pid) : identifyByPs(pid);
}

/** @returns whether exactly this process still lives, not another one with its pid */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await identify(identity.pid);
  return now?.startTime === identity.startTime && now.bootId === identity.bootId;
}

async function identifyByProc(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name in parentheses may hold spaces and parentheses
  const [state, startTime] = [fields[0], fields[19]];
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return { pid, startTime, bootId };
}

async function identifyByPs(pid: number): Promise<ProcessIdentity | undefined> {
  const answer = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => undefined);
  const [state, ...started] = answer?.stdout.trim().split(/\s+/) ?? [];
  if (!state || state.startsWith('Z')) return undefined;
  return { pid, startTime: started.join(' '), bootId: '' };
}
