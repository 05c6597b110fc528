import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SyncRefused } from './error.ts';

const run = promisify(execFile);

/** Longest time of one question, milliseconds, and longest answer, bytes. */
const WITHIN_MS = 30_000;
const MOST_BYTES = 33_554_432;

/** Asks Git. The first rejects with what Git said, the second answers undefined instead. */
export interface Git {
  ask(...args: string[]): Promise<string>;
  attempt(...args: string[]): Promise<string | undefined>;
  /** The same in another folder: paths are meant from there. */
  within(folder: string): Git;
}

/** Variables that Git may have: who the user is, and nothing that could point it to another repository. */
const PASSED = ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'GNUPGHOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM', 'TMPDIR'];

/** A repository's own configuration may name programs: to check signatures, to look for changes, as hooks. None of them is asked. */
const settings = (allowedSigners: string): string[] =>
  [
    ...['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'log.showSignature=false', 'log.mailmap=false'],
    ...['gpg.program=gpg', 'gpg.openpgp.program=gpg', 'gpg.ssh.program=ssh-keygen', 'gpg.x509.program=/bin/false'],
    `gpg.ssh.allowedSignersFile=${allowedSigners}`,
  ].flatMap((setting) => ['-c', setting]);

/**
 * Git in a folder, by argument list.
 * @param allowedSigners absolute path of the file that says whose SSH signatures count; absent: nobody's
 */
export function openGit(folder: string, env: NodeJS.ProcessEnv, allowedSigners = '/dev/null'): Git {
  const passed = Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  const options = {
    env: { ...passed, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1' },
    timeout: WITHIN_MS,
    maxBuffer: MOST_BYTES,
    encoding: 'utf8' as const,
  };
  // Replacements of objects are local, too: a commit would be shown that nobody has signed.
  const first = ['--no-replace-objects', '--no-pager', '--literal-pathspecs', '-C', folder, ...settings(allowedSigners)];
  const ask = async (...args: string[]): Promise<string> => {
    try {
      return (await run('git', [...first, ...args], options)).stdout;
    } catch (error) {
      throw new SyncRefused(whatGitSaid(args[0] ?? '', error as Error & { code?: unknown; stderr?: string }));
    }
  };
  return {
    ask,
    attempt: (...args) => ask(...args).catch(() => undefined),
    within: (other) => openGit(other, env, allowedSigners),
  };
}

function whatGitSaid(command: string, { code, stderr = '', message }: Error & { code?: unknown; stderr?: string }): string {
  if (code === 'ENOENT') return 'git is not installed here: a checkout is read through it';
  const said = stderr.trim().split('\n').at(-1) ?? message;
  return `git ${command} failed: ${said.slice(0, 500) || message.slice(0, 500)}`;
}
