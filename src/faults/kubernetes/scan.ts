import { randomBytes } from 'node:crypto';
import type { FaultPorts } from '../ports.ts';
import { runInside, type Inside } from './in-container.ts';
import { LOOK, PAUSE, REARM, SCAN, SEND, WATCHDOG } from './scripts.ts';

/** A process as it is seen inside its pid namespace. */
export interface InsideProcess {
  pid: number;
  ppid: number;
  /** One letter as in proc(5). */
  state: string;
  /** Start time in clock ticks since boot: field 22 of its stat. */
  start: string;
  /** Undefined when it could not be read. */
  executable: string | undefined;
  argv: string[];
  cgroup: string;
}

/** The processes of a pid namespace, ours left out. */
export interface Scan {
  bootId: string;
  /** The control group of the shell that looked. */
  cgroup: string;
  processes: InsideProcess[];
  /** Ours, such as watchdogs. */
  ours: InsideProcess[];
}

const SCRIPTS: readonly string[] = [SCAN, LOOK, SEND, PAUSE, REARM, WATCHDOG];

/** Looks at every process. @returns why that is not possible, or what was seen */
export async function scan(ports: Pick<FaultPorts, 'kubernetes'>, where: Inside, signal: AbortSignal) {
  const nonce = randomBytes(16).toString('hex');
  const ran = await runInside(ports, where, SCAN, [nonce], signal);
  if (ran.kind !== 'ran') return ran;
  const seen = parseScan(ran.stdout, nonce);
  return seen ?? { kind: 'lost' as const, why: `the processes of container ${where.container} could not all be read: ${ran.stderr}` };
}

/** @returns undefined when it was cut off: half of the processes are none */
export function parseScan(text: string, nonce: string): (Scan & { kind: 'seen' }) | undefined {
  const parts = text.split(`\n${nonce} `).slice(1);
  if (parts.at(-1)?.startsWith('end') !== true) return undefined;
  const bodyOf = (part: string | undefined): string => part?.slice(part.indexOf('\n') + 1) ?? '';
  const [boot, self, ...rest] = parts;
  const all: InsideProcess[] = [];
  rest.forEach((part, i) => {
    if (!part.startsWith('pid ')) return;
    const [stat, cgroup, executable, argv] = [part, rest[i + 1], rest[i + 2], rest[i + 3]].map(bodyOf);
    const found = processOf(stat ?? '', cgroup ?? '', executable ?? '', argv ?? '');
    if (found) all.push(found);
  });
  const own = ownOf(all, Number(/^self (\d+)/.exec(self ?? '')?.[1]));
  return {
    kind: 'seen',
    bootId: bodyOf(boot).trim(),
    cgroup: bodyOf(self).trim(),
    processes: all.filter(({ pid }) => !own.has(pid)),
    ours: all.filter(({ pid }) => own.has(pid)),
  };
}

/** What ended while it was read has no stat. */
function processOf(stat: string, cgroup: string, executable: string, cmdline: string): InsideProcess | undefined {
  const pid = Number(/^(\d+) \(/.exec(stat)?.[1]);
  const fields = stat
    .slice(stat.lastIndexOf(') ') + 2)
    .trim()
    .split(' ');
  const [state, ppid] = fields;
  const start = fields[19];
  if (!Number.isInteger(pid) || state === undefined || start === undefined) return undefined;
  const argv = cmdline.split('\0');
  if (argv.at(-1) === '') argv.pop(); // each argument ends with a NUL
  return { pid, ppid: Number(ppid), state, start, executable: executable.trim() || undefined, argv, cgroup: cgroup.trim() };
}

/** Our shells, by their program, and whatever they started. */
function ownOf(all: readonly InsideProcess[], self: number): Set<number> {
  const own = new Set([self, ...all.filter(({ argv }) => argv[1] === '-c' && SCRIPTS.includes(argv[2] ?? '')).map(({ pid }) => pid)]);
  for (let isMore = true; isMore;) {
    const more = all.filter(({ pid, ppid }) => !own.has(pid) && own.has(ppid));
    for (const { pid } of more) own.add(pid);
    isMore = more.length > 0;
  }
  return own;
}
