/** Not an error number: the platform has no pidfd, or libc cannot be reached. */
export const UNAVAILABLE = 'unavailable';

/** Handle of one process. A pid that is reused later does not change what it refers to. */
export interface Pidfd {
  fd: number;
}

/** Linux' pidfd calls. The numbers are the same on every architecture (since Linux 5.3). */
export interface PidfdCalls {
  /** @returns the handle, or an error number such as ESRCH */
  open(pid: number): Pidfd | { errno: number };
  /** @returns 0, or an error number */
  send(handle: Pidfd, signalNumber: number): number;
}

const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

let loading: Promise<PidfdCalls | typeof UNAVAILABLE> | undefined;

/** Loads libc once. Its binary comes with the package for the platform; no install script is needed. */
export const pidfdCalls = () => (loading ??= load());

async function load(): Promise<PidfdCalls | typeof UNAVAILABLE> {
  if (process.platform !== 'linux') return UNAVAILABLE;
  const koffi = await import('koffi').then(
    (loaded) => loaded.default,
    () => undefined,
  );
  if (!koffi) return UNAVAILABLE;
  const syscall = koffi.load(null).func('long syscall(long number, ...)');
  const call = (...values: unknown[]): number => {
    const result = Number(syscall(...values));
    return result < 0 ? -koffi.errno() : result;
  };
  const open: PidfdCalls['open'] = (pid) => {
    const fd = call(SYS_PIDFD_OPEN, 'int', pid, 'unsigned int', 0);
    return fd < 0 ? { errno: -fd } : { fd };
  };
  const send: PidfdCalls['send'] = ({ fd }, signalNumber) =>
    -call(SYS_PIDFD_SEND_SIGNAL, 'int', fd, 'int', signalNumber, 'void *', null, 'unsigned int', 0);
  return { open, send };
}
