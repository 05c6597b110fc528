import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Command, CommandResult } from '../../domain/command.ts';
import { boundedText } from './bounded.ts';

/** What a command gets of our environment. Credentials and BREAKWATER_PROCESS are not in it: a service that it starts must not count as ours. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];
const MAX_OUTPUT_BYTES = 64 * 1024;
/** A grandchild may keep the pipes open after the program has ended; so long is waited for its words, milliseconds. */
const DRAIN_MS = 500;

/** The part of an environment that commands are run with: no credentials. */
export const inheritedBy = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(INHERITED.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));

/**
 * Runs programs by argument list, without a shell, bounded in time and output.
 * @param hide takes secrets out of what they print on stderr. What they print on stdout is an answer, and is compared: whoever reads it puts nothing
 *   of it into evidence that is not known beforehand.
 */
export function createCommands(environment: NodeJS.ProcessEnv, hide: (text: string) => string = (text) => text) {
  const inherited = inheritedBy(environment);
  return {
    async run(command: Command, signal: AbortSignal): Promise<CommandResult> {
      signal.throwIfAborted();
      const [program, ...rest] = command.argv;
      if (!program) throw new Error('a command needs at least the program: argv is empty');
      const startedMs = Date.now();
      const [stdout, stderr] = [boundedText(MAX_OUTPUT_BYTES), boundedText(MAX_OUTPUT_BYTES)];
      // detached: a group of its own, so that a time-out also ends what the program started
      const child = spawn(program, rest, {
        shell: false,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...inherited, ...command.env },
        ...(command.cwd && { cwd: command.cwd }),
      });
      child.stdout.on('data', stdout.add);
      child.stderr.on('data', stderr.add);
      const state = { timedOut: false };
      const timer = setTimeout(() => {
        state.timedOut = true;
        endGroup(child);
      }, command.timeoutMs);
      const onAbort = () => endGroup(child);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        const [exitCode, endedBy] = await ended(child, program);
        signal.throwIfAborted();
        return {
          exitCode,
          endedBy,
          timedOut: state.timedOut,
          stdout: stdout.text(),
          stderr: hide(stderr.text()),
          truncated: stdout.isTruncated() || stderr.isTruncated(),
          tookMs: Date.now() - startedMs,
        };
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}

function ended(child: ChildProcess, program: string): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`'${program}' cannot be started: ${error.code ?? error.message}`)),
    );
    child.once('close', (code, by) => resolve([code, by]));
    child.once('exit', () =>
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, DRAIN_MS).unref(),
    );
  });
}

/** Only while the program has not been reaped: until then its pid, and so its group, cannot belong to anybody else. */
function endGroup(child: ChildProcess) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, 'SIGKILL');
}
