import { spawn, type ChildProcess } from 'node:child_process';
import type { CommandPort, CommandResult, CommandRun } from '../../probes/ports.ts';

const DEFAULT_MAX_BYTES = 65_536;
/** Nothing else of our environment: it may hold secrets. */
const MINIMAL_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
/** How long children that hold the output open may outlive the command itself, milliseconds. */
const GRACE_MS = 100;

/** Kills the process group, so that children go too. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Collects a stream up to a bound, and says when it is too long. */
function collect(stream: NodeJS.ReadableStream | null, maxBytes: number, onTooLong: () => void): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) onTooLong();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function run({ argv: [program, ...args], env = {}, maxBytes = DEFAULT_MAX_BYTES, signal }: CommandRun): Promise<CommandResult> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...MINIMAL_ENV, ...env } });
    const stop = (error: Error): void => {
      killGroup(child);
      reject(error);
    };
    const onAbort = (): void => stop(signal.reason as Error);
    const tooLong = (): void => stop(new Error(`the output is longer than ${maxBytes} bytes`));
    const [stdout, stderr] = [collect(child.stdout, maxBytes, tooLong), collect(child.stderr, maxBytes, tooLong)];
    let grace: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => {
      signal.removeEventListener('abort', onAbort);
      reject(new Error(`cannot run ${program}: ${(error as NodeJS.ErrnoException).code ?? error.message}`));
    });
    child.once('exit', () => {
      grace = setTimeout(() => killGroup(child), GRACE_MS); // children still hold the pipe
    });
    child.once('close', (exitCode, endedBy) => {
      clearTimeout(grace);
      signal.removeEventListener('abort', onAbort);
      resolve({ exitCode, signal: endedBy, stdout: stdout(), stderr: stderr() });
    });
  });
}

/** Runs programs, argv only. */
export const commands: CommandPort = { run };
