import type { KubernetesPort } from '../domain/kubernetes/port.ts';

/** What probes may ask of the world. Adapters implement it; `src/adapters/probes/` holds the real one. */
export interface ProbePorts {
  http: HttpPort;
  sql: SqlPort;
  commands: CommandPort;
  host: HostPort;
  processes: ProcessPort;
  secrets: SecretsPort;
  kubernetes: KubernetesPort;
  /** Takes secrets out of a text that a probe has made of an answer: who is asked may repeat what it was sent. Absent: there are none. */
  hide?(text: string): string;
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Milliseconds of a clock that nobody sets, since some beginning: for the time between two readings. */
  steadyMs(): number;
}

/** Secrets by name. Values must not get into messages, logs or measurements. */
export interface SecretsPort {
  /** @throws Error naming the secret (never its value) when there is none of that name */
  get(name: string): Promise<string>;
}

export interface HttpRequest {
  url: string;
  method?: 'GET' | 'HEAD' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  /** A longer (decompressed) body is an error. Bytes, default 10 MiB. */
  maxBytes?: number;
  signal: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  /** When it was sent, epoch milliseconds of our clock. */
  sentMs: number;
  /** From sending the request to the last byte of the body, milliseconds. */
  elapsedMs: number;
}

export interface HttpPort {
  /**
   * Any status is an answer. Redirects are not followed: the answer to a redirect is its own status.
   * @throws Error when there is no complete answer
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
}

export interface SqlQuery {
  /** A PostgreSQL connection string; secret. */
  connectionString: string;
  /** One statement, run in a read-only transaction that is rolled back. */
  query: string;
  /** The server ends the statement after this time even if we are gone. */
  statementTimeoutMs: number;
  signal: AbortSignal;
}

export interface SqlResult {
  /** `isNumber`: a numeric type of the database, whose text form is a number. */
  columns: { name: string; isNumber: boolean; isBoolean: boolean }[];
  /** Values as text, as the database sent them. */
  rows: (string | null)[][];
  /** The database's clock, read between two readings of ours; epoch milliseconds. */
  clock?: { theirsMs: number; beforeMs: number; afterMs: number };
}

export interface SqlPort {
  /** @throws Error whose message holds neither the connection string nor the password */
  query(query: SqlQuery): Promise<SqlResult>;
}

export interface CommandRun {
  argv: readonly [string, ...string[]];
  /** Added to a minimal environment (PATH, LANG); nothing else is inherited, so no secret leaks. */
  env?: Record<string, string>;
  /** More output than this ends the command. Bytes per stream, default 64 KiB. */
  maxBytes?: number;
  signal: AbortSignal;
}

export interface CommandResult {
  /** null when a signal ended it. */
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface CommandPort {
  /**
   * Runs without a shell, in a process group of its own that does not survive the call.
   * @throws Error when it cannot be started, when its output is too long, when the signal aborts
   */
  run(command: CommandRun): Promise<CommandResult>;
}

export interface HostPort {
  /** Time since boot over all CPUs, in ticks of one unknown but constant unit. */
  cpu(): Promise<{ busy: number; total: number }>;
  memory(): Promise<{ totalBytes: number; availableBytes: number }>;
  load1(): Promise<number>;
  /** Whole disks by name, counters since boot. @throws Error where there is no /proc/diskstats */
  disks(): Promise<Record<string, { busyMs: number; readBytes: number; writtenBytes: number }>>;
  /** The file system that holds the path. `availableBytes`: what an unprivileged process may still write. */
  diskSpace(path: string): Promise<{ totalBytes: number; usedBytes: number; availableBytes: number }>;
}

/** Processes by a name in a registry file, or by labels that they carry in `BREAKWATER_LABELS`. */
export type ProcessSelector = { registry: string; name: string } | { labels: Record<string, string> };

export interface ProcessReading {
  pid: number;
  /** Clock ticks since boot; with the pid it tells a process from its replacement. */
  startTicks: number;
  /** Since the process started, milliseconds. */
  ageMs: number;
  /** CPU time used since it started, milliseconds. */
  cpuMs: number;
  rssBytes: number;
  threads: number;
}

export interface ProcessPort {
  /** Living matches (no zombies). @throws Error where there is no /proc */
  find(selector: ProcessSelector): Promise<ProcessReading[]>;
  /** Open file descriptors; undefined when the process is gone. @throws Error when they may not be read */
  openFiles(pid: number): Promise<number | undefined>;
}
