import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ProcessFacts, ProcessGlance, ProcessNeeds } from '../../targets/ports.ts';
import { parseLabels } from './labels.ts';
import { listeningInodes, portsOf } from './listening.ts';
import type { Vitals } from './source.ts';
import { parseStat } from './stat.ts';
import type { Stat } from './stat.ts';
import { readUserNames } from './user-names.ts';

/** USER_HZ: fixed at 100 on every architecture that Node runs on. */
const MS_PER_TICK = 10;

/** A glance costs a file for each fact that is needed, and nothing else. */
export function glanceReader(needs: ProcessNeeds): (pid: number) => ProcessGlance {
  const machine = lookAtMachine(needs);
  const wanted: ReadonlySet<string> = new Set(needs.facts);
  return (pid) => ({ pid, ...readCompared(pid, machine, (fact) => wanted.has(fact), []) });
}

/** Everything about a process; undefined when it has ended, waits for its parent, or was replaced while it was read. */
export function factsReader(bootId: string, needs: ProcessNeeds): (pid: number) => ProcessFacts | undefined {
  const bootedAtMs = Date.now() - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1_000;
  const machine = lookAtMachine(needs);
  return (pid) => {
    const stat = readStat(pid);
    if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
    const unreadable: string[] = [];
    const { isKernelThread, ppid, comm } = stat;
    const facts = {
      ...vitalsOf(stat, bootId),
      startedAtMs: bootedAtMs + stat.startTicks * MS_PER_TICK,
      ppid,
      comm,
      isKernelThread,
      ...readCompared(pid, machine, (fact) => !isKernelThread || (fact !== 'labels' && fact !== 'executable'), unreadable),
      workingDirectory: isKernelThread ? undefined : attempt('working directory', () => readlinkSync(`/proc/${pid}/cwd`), unreadable),
      unreadable,
    };
    return readStat(pid)?.startTicks === stat.startTicks ? facts : undefined;
  };
}

interface Machine {
  users: Map<number, string>;
  ports: readonly number[];
  inodes: Map<string, number>;
}

const lookAtMachine = ({ ports }: ProcessNeeds): Machine => ({
  users: readUserNames(),
  ports,
  inodes: listeningInodes(ports),
});

function readCompared(
  pid: number,
  { users, ports, inodes }: Machine,
  isWanted: (fact: keyof ProcessGlance) => boolean,
  unreadable: string[],
) {
  const read = <T>(fact: keyof ProcessGlance, what: string, reader: () => T) =>
    isWanted(fact) ? attempt(what, reader, unreadable) : undefined;
  const environment = read('labels', 'environment', () => readFileSync(`/proc/${pid}/environ`, 'utf8'));
  const uid = read('uid', 'user', () => effectiveUid(readFileSync(`/proc/${pid}/status`, 'utf8')));
  return {
    uid,
    user: uid === undefined ? undefined : users.get(uid),
    executable: read('executable', 'executable', () => readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')),
    argv: read('argv', 'arguments', () => words(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))),
    labels: environment === undefined ? undefined : parseLabels(valueOf(environment, 'BREAKWATER_LABELS') ?? ''),
    isMarkedAsBreakwater: environment !== undefined && valueOf(environment, 'BREAKWATER_PROCESS') === '1',
    cgroups: read('cgroups', 'control groups', () => cgroupPaths(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))),
    listeningPorts:
      ports.length === 0 ? undefined : inodes.size === 0 ? [] : read('listeningPorts', 'open files', () => portsOf(pid, inodes)),
  };
}

export const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export const vitalsOf = ({ pid, startTicks, state }: Stat, bootId: string): Vitals => ({ identity: { bootId, pid, startTicks }, state });

/** Undefined when no process has the pid. */
export function readStat(pid: number): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
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

/** Words that each end with a NUL. */
export const words = (text: string) => (text === '' ? [] : text.replace(/\0$/, '').split('\0'));

/** The first value of a variable in `/proc/PID/environ`, where each entry ends with a NUL. */
export function valueOf(environment: string, name: string): string | undefined {
  const at = environment.startsWith(`${name}=`) ? 0 : environment.indexOf(`\0${name}=`) + 1;
  if (at === 0 && !environment.startsWith(`${name}=`)) return undefined;
  const from = at + name.length + 1;
  const end = environment.indexOf('\0', from);
  return environment.slice(from, end < 0 ? undefined : end);
}

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
