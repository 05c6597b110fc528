import type { KubernetesPort } from '../domain/kubernetes/port.ts';
import type { ProcessIdentity } from '../domain/process.ts';

/** What was read of a process. Undefined means that it could not be read, never that it is empty; `unreadable` says what and why. */
export interface ProcessFacts {
  identity: ProcessIdentity;
  /** Epoch milliseconds, to about 20 ms on Linux and a second on macOS. */
  startedAtMs: number;
  ppid: number;
  comm: string;
  /** One letter as in `/proc/PID/stat`: R, S, D, T (stopped), t (traced), Z (zombie), X (dead). */
  state: string;
  isKernelThread: boolean;
  uid: number | undefined;
  /** Name of `uid`, when the local user database knows one. */
  user: string | undefined;
  /** Absolute path of the executable. */
  executable: string | undefined;
  argv: string[] | undefined;
  workingDirectory: string | undefined;
  /** From the variable BREAKWATER_LABELS="k=v,k=v" that the process was started with. */
  labels: Record<string, string> | undefined;
  /** Started with BREAKWATER_PROCESS=1. */
  isMarkedAsBreakwater: boolean;
  /** Paths of its control groups, one per hierarchy. */
  cgroups: string[] | undefined;
  /** Listening TCP ports; only looked up for the ports that were asked for. */
  listeningPorts: number[] | undefined;
  unreadable: string[];
}

/** What selectors compare, and whose it is. Read of every process, one file after the other: whoever is chosen by it must be looked at again. */
export interface ProcessGlance extends Pick<
  ProcessFacts,
  'uid' | 'user' | 'executable' | 'argv' | 'labels' | 'cgroups' | 'listeningPorts'
> {
  pid: number;
}

/** A process as discovery saw it; `protectedWhy` is there when it must not be hit. */
export interface FoundProcess {
  facts: ProcessFacts;
  protectedWhy?: string;
}

/** An entry of a supervisor's registry file. */
export interface RegistryEntry {
  name: string;
  pid: number;
  labels: Record<string, string>;
}

/** A registry file and when it was last written: an entry cannot speak of a process that started later. */
export interface Registry {
  entries: RegistryEntry[];
  /** Epoch milliseconds. */
  writtenAtMs: number;
}

/** What a selector needs of the machine, so that what this platform can't do is refused before anything is chosen. */
export interface ProcessNeeds {
  ports: readonly number[];
  /** Facts that the selector compares, such as `argv` or `cgroups`. */
  facts: readonly (keyof ProcessFacts)[];
}

/** Looks at the processes of this machine. Touches none. */
export interface ProcessFinder {
  /**
   * Every living process, or those that `isWanted` picks from a glance with the facts that are needed. What is returned has all facts, read
   * afterwards, so it may have changed: compare again.
   * @throws Error when this platform cannot read what is needed
   */
  list(needs: ProcessNeeds, signal: AbortSignal, isWanted?: (glance: ProcessGlance) => boolean): Promise<FoundProcess[]>;
  /** @throws Error naming the file when it is missing or not a registry */
  readRegistry(path: string): Promise<Registry>;
  /** The TCP ports that each of these processes listens on, by pid. @throws Error when this platform or its rights do not show them */
  listeningPorts(processes: readonly ProcessIdentity[]): Promise<ReadonlyMap<number, number[]>>;
}

/** Asks a target over HTTP whether it is ready. */
export interface ReadinessPort {
  /** @returns the status of the answer. @throws Error naming the address when there is none in time */
  statusOf(url: string, timeoutMs: number, signal: AbortSignal): Promise<number>;
}

/** What targets need from outside. */
export interface TargetPorts {
  processes: ProcessFinder;
  readiness: ReadinessPort;
  kubernetes: KubernetesPort;
}
