import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError, EXIT } from '../exit-codes.ts';

const [LOCK_EXCLUSIVE, DO_NOT_WAIT] = [2, 4];
const AGAIN_AFTER_MS = 50;
/** Longer than the slowest renewal of whoever holds it. */
const WAIT_AT_MOST_MS = 45_000;

/** `flock(2)`. @throws CliError where there is none */
async function flock(): Promise<(fd: number) => boolean> {
  try {
    const { default: koffi } = await import('koffi');
    const call = koffi.load(null).func('int flock(int fd, int operation)') as (fd: number, operation: number) => number;
    return (fd) => call(fd, LOCK_EXCLUSIVE | DO_NOT_WAIT) === 0;
  } catch {
    throw new CliError(EXIT.platform, 'Logins cannot be kept on this system: it has no flock.', 'Set BREAKWATER_API_IDENTITY instead.');
  }
}

/**
 * One process at a time. The kernel gives a lock back when its holder dies, so none is ever left behind; the file stays.
 * @param file made when it is not there; its folder must be
 * @throws CliError when another holds it for too long
 */
export async function locked<R>(file: string, use: () => Promise<R>, waitMs = WAIT_AT_MOST_MS): Promise<R> {
  const tryLock = await flock();
  const handle = await open(file, 'a', 0o600);
  try {
    for (const untilMs = Date.now() + waitMs; !tryLock(handle.fd); await delay(AGAIN_AFTER_MS))
      if (Date.now() > untilMs)
        throw new CliError(EXIT.platform, `Another process holds ${file} for too long.`, 'Try again; end that process if it hangs.');
    return await use();
  } finally {
    await handle.close();
  }
}
