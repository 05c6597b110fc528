import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to run a server. It gets a process group of its own, so that Ctrl-C in the terminal does not end it before we do. */
export interface Launch {
  command: string;
  args: string[];
  /** Gets stdout and stderr, appended. */
  logFile: string;
  /** Whether it outlives this process. Otherwise it is stopped when this process exits in an orderly way. */
  detached: boolean;
  /** Signal that ends it quickly and cleanly. */
  stopSignal: NodeJS.Signals;
  account?: { uid: number; gid: number } | undefined;
  /** Default: this process's own. */
  env?: NodeJS.ProcessEnv;
}

/** A server process that was started and may not answer yet. */
export interface Launched {
  pid: number;
  logFile: string;
  /** Undefined while it runs; afterwards how it ended: `code 1`. */
  ended(): string | undefined;
}

/** @throws Error when the command cannot be started */
export async function launch({ command, args, logFile, detached, stopSignal, account, env = process.env }: Launch): Promise<Launched> {
  await mkdir(dirname(logFile), { recursive: true });
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', log.fd, log.fd], env, ...account });
    let ended: string | undefined;
    child.once('exit', (code, signal) => (ended = signal ?? `code ${code}`));
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error(`${command} has no process`);
    child.unref();
    if (!detached) stopAtExit(child, stopSignal);
    return { pid: child.pid, logFile, ended: () => ended };
  } finally {
    await log.close();
  }
}

/**
 * Asks until the server answers.
 * @throws Error with the end of the server's log when it ends first, or does not answer in time
 */
export async function awaitAnswer<T>(server: Launched, name: string, ask: () => Promise<T>, withinMs: number): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const answer = await ask().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ('value' in answer) return answer.value;
    const ended = server.ended();
    const why = ended
      ? `ended (${ended}) before it answered`
      : Date.now() > deadlineMs
        ? `did not answer within ${withinMs / 1000} s`
        : undefined;
    if (why) throw new Error(`${name} ${why}: ${await lastLines(server.logFile)} (log: ${server.logFile})`, { cause: answer.error });
    await sleep(50);
  }
}

function stopAtExit(child: ChildProcess, signal: NodeJS.Signals): void {
  const stop = () => void child.kill(signal); // does nothing once the child has ended
  process.once('exit', stop);
  child.once('exit', () => process.removeListener('exit', stop));
}

async function lastLines(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-3).join(' | ').slice(-1_000) || `${basename(logFile)} is empty`;
}
