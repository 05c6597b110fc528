import { readdirSync, readFileSync } from 'node:fs';
import { round } from './statistics.mjs';

/** USER_HZ: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

/** One line of `/proc/PID/stat`, parsed after the last `)` because a name may hold anything. Undefined when the process is gone. */
export function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
    return { state: fields[0], ppid: Number(fields[1]), ticks: utime + stime, reapedTicks: cutime + cstime, pages: Number(fields[21]) };
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}

function treeOf(root) {
  const stats = new Map();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : undefined;
    if (stat) stats.set(Number(name), stat);
  }
  const isBelow = (pid) => {
    for (let at = pid; at > 1; at = stats.get(at)?.ppid ?? 0) if (at === root) return true;
    return false;
  };
  return [...stats].filter(([pid]) => isBelow(pid)).map(([, stat]) => stat);
}

/** What a process and all its descendants have used so far: CPU seconds with those of children that ended, and resident MB (10^6) now. */
export function usageOf(pid) {
  const tree = treeOf(pid);
  return {
    cpuSeconds: tree.reduce((sum, { ticks, reapedTicks }) => sum + ticks + reapedTicks, 0) / TICKS_PER_SECOND,
    residentMb: (tree.reduce((sum, { pages }) => sum + pages, 0) * PAGE_BYTES) / 1e6,
  };
}

/** CPU seconds of this process's children that have ended. */
export const reapedCpuSeconds = () => (readStat(process.pid)?.reapedTicks ?? 0) / TICKS_PER_SECOND;

/**
 * Measures what named processes use while `work` runs.
 * @param pids `{ worker: 12, temporal: 34 }`
 * @returns seconds, and per name CPU seconds and resident MB at the end
 */
export async function measured(pids, work) {
  const before = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, usageOf(pid).cpuSeconds]));
  const startMs = performance.now();
  const value = await work();
  const seconds = (performance.now() - startMs) / 1_000;
  const used = Object.entries(pids).map(([name, pid]) => {
    const { cpuSeconds, residentMb } = usageOf(pid);
    return [name, { cpuSeconds: round(cpuSeconds - before[name]), residentMb: round(residentMb) }];
  });
  const cpuSeconds = used.reduce((sum, [, { cpuSeconds: mine }]) => sum + mine, 0);
  return { value, seconds: round(seconds), cpuSeconds: round(cpuSeconds), processes: Object.fromEntries(used) };
}
