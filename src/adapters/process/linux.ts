import { readFileSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ancestorsOf, withDescendants } from './family.ts';
import { allPids, factsReader, glanceReader, readStat, vitalsOf } from './linux-facts.ts';
import { allListeningInodes, portsOf } from './listening.ts';
import type { ProcessSource } from './source.ts';

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
  glance(needs, signal) {
    requireOwnProc();
    return inChunks(allPids(), signal, glanceReader(needs));
  },
  examine(pids, needs, signal) {
    requireOwnProc();
    return inChunks(pids, signal, factsReader(linuxSource.bootId(), needs));
  },
  withDescendants,
  ancestorsOf,
};

async function inChunks<T>(pids: readonly number[], signal: AbortSignal, read: (pid: number) => T | undefined): Promise<T[]> {
  const all: T[] = [];
  for (const [index, pid] of pids.entries()) {
    if (index % CHUNK === CHUNK - 1) await nextTurn();
    signal.throwIfAborted();
    const facts = read(pid);
    if (facts !== undefined) all.push(facts);
  }
  return all;
}

/** A `/proc` of another pid namespace would name other processes by our numbers. */
function requireOwnProc() {
  const self = readlinkSync('/proc/self');
  if (self !== String(process.pid))
    throw new Error(
      `/proc belongs to another pid namespace (it calls this process ${self}, we are ${process.pid}): mount this namespace's own /proc`,
    );
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
