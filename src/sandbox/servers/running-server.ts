/** A server that answers. `stop` is safe to repeat, and stops only what was started here: a server that was merely found stays up. */
export interface RunningServer {
  /** `host:port`. */
  address: string;
  port: number;
  /** Absent when the server is not ours. */
  pid?: number;
  /** Where it came from, for people: `go build`, `temporal on PATH`, `TEMPORAL_* settings`. */
  source: string;
  /** Resolves when the process is gone. @throws Error when it would not go */
  stop(): Promise<void>;
}

/** Says what is being done, one line at a time. */
export type Log = (line: string) => void;

/** Progress belongs on stderr: stdout is for data. */
export const toStderr: Log = (line) => void process.stderr.write(`${line}\n`);
