import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, open } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launched } from '../servers/launch.ts';

/** One of the payments system's programs, to be run as a process of its own. */
export interface Program {
  name: 'gateway' | 'supervisor' | 'load';
  env: Record<string, string | undefined>;
  logFile: string;
  /** Whether it outlives this process. Otherwise it has a channel to us, and ends by itself when we are gone, even by kill -9. */
  detached: boolean;
  /** Where the compiled programs are. */
  programDir: string;
}

/** Where this package's compiled programs are, also when this file itself runs from source. */
export function compiledPrograms(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return here.replace(`${sep}src${sep}sandbox${sep}payments`, `${sep}dist${sep}sandbox${sep}payments`);
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C in the terminal does not end it before we do, and with no more of our environment
 * than PATH: our credentials are not its business.
 * @throws Error when it is not compiled or cannot be started
 */
export async function startProgram({ name, env, logFile, detached, programDir }: Program): Promise<Launched> {
  const file = join(programDir, `${name}.js`);
  await access(file).catch(() => {
    throw new Error(`${file} is not there: compile first, with npm run build`);
  });
  await mkdir(dirname(logFile), { recursive: true });
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [file], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd, ...(detached ? [] : ['ipc' as const])],
      env: { PATH: process.env['PATH'], BREAKWATER_LABELS: `app=payment-${name}`, ...env },
    });
    let ended: string | undefined;
    child.once('exit', (code, signal) => (ended = signal ?? `code ${code}`));
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error(`${file} has no process`);
    child.unref();
    child.channel?.unref();
    return { pid: child.pid, logFile, ended: () => ended };
  } finally {
    await log.close();
  }
}
