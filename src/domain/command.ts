/** A program to run: an argument list, never a shell line. */
export interface Command {
  /** The program and its arguments, one element each. */
  argv: readonly string[];
  cwd?: string;
  /** Variables on top of the few that every command gets. */
  env?: Record<string, string>;
  /** The program is killed after this many milliseconds. */
  timeoutMs: number;
}

/** How a program ended. */
export interface CommandResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  endedBy: string | null;
  timedOut: boolean;
  /** Bounded; the rest is dropped and `truncated` is true. */
  stdout: string;
  stderr: string;
  truncated: boolean;
  tookMs: number;
}

/** Runs programs by argument list. */
export interface CommandPort {
  /** @throws Error naming the program when it cannot be started */
  run(command: Command, signal: AbortSignal): Promise<CommandResult>;
}
