import { readdir, readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import type { ProcessPort, ProcessReading, ProcessSelector } from '../../probes/ports.ts';
import { parseLabels } from '../process/labels.ts';
import { readRegistry } from '../process/registry.ts';

/** USER_HZ: fixed at 100 on every architecture that Node runs on. */
const MS_PER_TICK = 10;

const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');

/** A file of a process; undefined when the process is gone. */
const readOf = (pid: number, file: string): Promise<string | undefined> =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch((error: unknown) => (isGone(error) ? undefined : Promise.reject(error as Error)));

interface StatReading {
  state: string;
  cpuMs: number;
  threads: number;
  startTicks: number;
}

/** Fields 3, 14, 15, 20 and 22 of `/proc/PID/stat`; they begin after the last `)`, because a name may hold one. @see proc_pid_stat(5) */
export function parseUsage(text: string): StatReading {
  const fields = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  const [utime, stime, threads, startTicks] = [11, 12, 17, 19].map((index) => Number(fields[index] ?? NaN)) as [
    number,
    number,
    number,
    number,
  ];
  if (![utime, stime, threads, startTicks].every(Number.isFinite)) throw new Error('not a /proc/PID/stat line');
  return { state: fields[0] ?? '', cpuMs: (utime + stime) * MS_PER_TICK, threads, startTicks };
}

/** Resident memory; a process that is just ending has none. */
const residentBytes = (status: string): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;

async function readProcess(pid: number, uptimeMs: number): Promise<ProcessReading | undefined> {
  const [stat, status] = await Promise.all([readOf(pid, 'stat'), readOf(pid, 'status')]);
  if (stat === undefined || status === undefined) return undefined;
  const { state, cpuMs, threads, startTicks } = parseUsage(stat);
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks, cpuMs, threads, rssBytes: residentBytes(status), ageMs: Math.max(0, uptimeMs - startTicks * MS_PER_TICK) };
}

async function uptimeMs(): Promise<number> {
  return Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]) * 1_000;
}

/** Pids whose environment carries all labels. The environment of another user's process cannot be read, so that never matches. */
async function pidsByLabels(labels: Record<string, string>): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const carries = async (pid: number): Promise<boolean> => {
    const environment = await readOf(pid, 'environ').catch(() => undefined);
    const entry = environment?.split('\0').find((text) => text.startsWith('BREAKWATER_LABELS='));
    if (entry === undefined) return false;
    const carried = parseLabels(entry.slice('BREAKWATER_LABELS='.length));
    return Object.entries(labels).every(([label, value]) => Object.hasOwn(carried, label) && carried[label] === value);
  };
  const answers = await Promise.all(pids.map(carries));
  return pids.filter((_, index) => answers[index]);
}

async function find(selector: ProcessSelector): Promise<ProcessReading[]> {
  if (platform() !== 'linux') throw new Error(`process metrics are read from /proc, which ${platform()} does not have`);
  const registry = 'registry' in selector ? await readRegistry(selector.registry) : undefined;
  const named = registry?.entries.filter(({ name }) => 'name' in selector && name === selector.name).map(({ pid }) => pid);
  const pids = named ?? ('labels' in selector ? await pidsByLabels(selector.labels) : []);
  const now = await uptimeMs();
  const found = (await Promise.all(pids.map((pid) => readProcess(pid, now)))).filter((reading) => reading !== undefined);
  if (registry === undefined) return found;
  const registryAgeMs = Date.now() - registry.writtenAtMs;
  return found.filter(({ ageMs }) => ageMs >= registryAgeMs - SLACK_MS);
}

/** A process that started after the registry was written is not the one that it names: the pid was used again. Clocks are this fine. */
const SLACK_MS = 50;

/** Processes as /proc shows them. */
export const processes: ProcessPort = {
  find,
  openFiles: async (pid) => {
    try {
      return (await readdir(`/proc/${pid}/fd`)).length;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw new Error(`the open files of pid ${pid} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
    }
  },
};
