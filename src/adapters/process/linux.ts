import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ProcessFacts, ProcessNeeds } from '../../targets/ports.ts';
import { parseLabels } from './labels.ts';
import { allListeningInodes, listeningInodes, portsOf } from './listening.ts';
import type { ProcessSource, Vitals } from './source.ts';
import { parseStat } from './stat.ts';
import type { Stat } from './stat.ts';
import { readUserNames } from './user-names.ts';

/** USER_HZ: fixed at 100 on every architecture that Node runs on. */
const MS_PER_TICK = 10;
/** So many processes are read before the event loop gets a turn; a guard that samples meanwhile is not late. */
const CHUNK = 16;

/** Processes as `/proc` shows them. */
export const linuxSource: ProcessSource = {
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  pidNamespace: () => readlinkSync('/proc/self/ns/pid'),
  vitals(pid) {
    requireOwnProc();
    const stat = readStat(pid);
    return stat && vitalsOf(stat, linuxSource.bootId());
  },
  listeningPorts(pids) {
    requireOwnProc();
    const inodes = allListeningInodes();
    return new Map(pids.map((pid) => [pid, goneIsNone(() => portsOf(pid, inodes))]));
  },
  async list(needs, signal) {
    requireOwnProc();
    const bootId = linuxSource.bootId();
    const bootedAtMs = Date.now() - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1_000;
    const context: Context = { bootId, bootedAtMs, users: readUserNames(), inodes: listeningInodes(needs.ports), needs };
    const pids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    const all: ProcessFacts[] = [];
    for (const [index, pid] of pids.entries()) {
      if (index % CHUNK === CHUNK - 1) await nextTurn();
      signal.throwIfAborted();
      const facts = readFacts(pid, context);
      if (facts) all.push(facts);
    }
    return all;
  },
};

interface Context {
  bootId: string;
  bootedAtMs: number;
  users: Map<number, string>;
  inodes: Map<string, number>;
  needs: ProcessNeeds;
}

/** All facts of one moment: when the process was replaced while we read, it counts as gone. */
function readFacts(pid: number, { bootId, bootedAtMs, users, inodes, needs }: Context): ProcessFacts | undefined {
  const stat = readStat(pid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
  const unreadable: string[] = [];
  const read = <T>(what: string, reader: () => T) => attempt(what, reader, unreadable);
  const environment = stat.isKernelThread ? undefined : read('environment', () => words(readFileSync(`/proc/${pid}/environ`, 'utf8')));
  const uid = read('user', () => effectiveUid(readFileSync(`/proc/${pid}/status`, 'utf8')));
  const facts: ProcessFacts = {
    ...vitalsOf(stat, bootId),
    startedAtMs: bootedAtMs + stat.startTicks * MS_PER_TICK,
    ppid: stat.ppid,
    comm: stat.comm,
    isKernelThread: stat.isKernelThread,
    uid,
    user: uid === undefined ? undefined : users.get(uid),
    executable: stat.isKernelThread ? undefined : read('executable', () => readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')),
    argv: read('arguments', () => words(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))),
    workingDirectory: stat.isKernelThread ? undefined : read('working directory', () => readlinkSync(`/proc/${pid}/cwd`)),
    labels: environment && parseLabels(valueOf(environment, 'BREAKWATER_LABELS') ?? ''),
    isMarkedAsBreakwater: environment !== undefined && valueOf(environment, 'BREAKWATER_PROCESS') === '1',
    cgroups: read('control groups', () => cgroupPaths(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))),
    listeningPorts: needs.ports.length === 0 ? undefined : inodes.size === 0 ? [] : read('open files', () => portsOf(pid, inodes)),
    unreadable,
  };
  return readStat(pid)?.startTicks === stat.startTicks ? facts : undefined;
}

const vitalsOf = ({ pid, startTicks, state }: Stat, bootId: string): Vitals => ({ identity: { bootId, pid, startTicks }, state });

function readStat(pid: number): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function goneIsNone(reader: () => number[]): number[] {
  try {
    return reader();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return [];
    throw error;
  }
}

function attempt<T>(what: string, reader: () => T, unreadable: string[]): T | undefined {
  try {
    return reader();
  } catch (error) {
    unreadable.push(`${what} (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    return undefined;
  }
}

/** A `/proc` of another pid namespace would name other processes by our numbers. */
function requireOwnProc() {
  const self = readlinkSync('/proc/self');
  if (self !== String(process.pid))
    throw new Error(
      `/proc belongs to another pid namespace (it calls this process ${self}, we are ${process.pid}): mount this namespace's own /proc`,
    );
}

/** Words that each end with a NUL. */
export const words = (text: string) => (text === '' ? [] : text.replace(/\0$/, '').split('\0'));

const valueOf = (environment: string[], name: string) => environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);

/** Second number of the `Uid:` line. */
function effectiveUid(status: string): number {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
  if (uid === undefined) throw new Error('no Uid line');
  return Number(uid);
}

/** `hierarchy:controllers:path`, one a line; the path may hold colons. */
export const cgroupPaths = (text: string) => [
  ...new Set(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(':').slice(2).join(':')),
  ),
];
