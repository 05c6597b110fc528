import { userInfo } from 'node:os';
import type { Config } from '../config.ts';
import { loadConfig } from '../config.ts';
import type { Terminal } from './terminal.ts';

/** What every command gets. */
export interface Cli {
  terminal: Terminal;
  env: NodeJS.ProcessEnv;
  /** @throws ConfigError; read by the commands that need it, so that `init` works with wrong settings */
  config(): Config;
  /** Sets the exit code of the process. */
  finish(exitCode: number): void;
}

/** @param finish takes the exit code */
export const createCli = (terminal: Terminal, env: NodeJS.ProcessEnv, finish: (exitCode: number) => void): Cli => ({
  terminal,
  env,
  config: () => loadConfig(env),
  finish,
});

/** Who is acting, unless said otherwise: the operating system's user. A claim, not a proof. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`; // a container's user may have no name
  }
}

/** Says what to do next. */
export const hint = ({ terminal }: Pick<Cli, 'terminal'>, text: string): void => {
  terminal.err(`${terminal.paint('dim', text)}\n`);
};
