/** Set in field 9 of `/proc/PID/stat` for kernel threads (include/linux/sched.h). */
const PF_KTHREAD = 0x0020_0000;

/** The fields of `/proc/PID/stat` that we use. */
export interface Stat {
  pid: number;
  comm: string;
  state: string;
  ppid: number;
  isKernelThread: boolean;
  /** Clock ticks between boot and start, field 22. */
  startTicks: number;
}

/**
 * Reads `/proc/PID/stat`. The name in parentheses may hold spaces, newlines and parentheses, so the fields begin after the last `)`.
 * @throws Error when it is not such a line: an identity is never guessed
 * @see proc_pid_stat(5)
 */
export function parseStat(text: string): Stat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ', 20);
  const [pid, ppid, flags, startTicks] = [text.slice(0, Math.max(open, 0)).trim(), fields[1], fields[6], fields[19]].map(wholeNumber);
  const state = fields[0];
  if (open < 0 || close < open || !state || pid === undefined || ppid === undefined || flags === undefined || startTicks === undefined) {
    throw new Error(`not a /proc/PID/stat line: ${JSON.stringify(text.slice(0, 120))}`);
  }
  return { pid, comm: text.slice(open + 1, close), state, ppid, isKernelThread: (flags & PF_KTHREAD) !== 0, startTicks };
}

const wholeNumber = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);
