import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { descend } from './descend.ts';
import { allPids, readStat } from './linux-facts.ts';

/** The kernel's list of a thread's children may miss one while another ends. Two equal answers in a row are taken for the truth. */
const MAX_READS = 5;

/**
 * These pids and all below them. Read from the kernel's lists of children, a few files; where it keeps none, or they do not come to rest,
 * from the parent of every process.
 */
export function withDescendants(pids: readonly number[]): number[] {
  if (!existsSync(`/proc/self/task/${process.pid}/children`)) return descend(pids, childrenByParent());
  let before = '';
  for (let i = 0; i < MAX_READS; i++) {
    const found = descend(pids, { get: childrenOf });
    if (found.join() === before) return found;
    before = found.join();
  }
  return descend(pids, childrenByParent());
}

/** The pids from the parent of a process up to the first one, which has none. */
export function ancestorsOf(pid: number): number[] {
  const found: number[] = [];
  for (let parent = readStat(pid)?.ppid; parent !== undefined && parent > 0; parent = readStat(parent)?.ppid) found.push(parent);
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => numbers(readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')));
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return []; // it, or one of its threads, has ended
    throw error;
  }
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const parent = readStat(pid)?.ppid;
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings) siblings.push(pid);
    else children.set(parent, [pid]);
  }
  return children;
}

const numbers = (text: string): number[] => text.split(' ').filter(Boolean).map(Number);
