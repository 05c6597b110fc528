import type { ProcessIdentity } from '../../domain/process.ts';
import type { ProcessFacts, ProcessNeeds } from '../../targets/ports.ts';

/** The little that says which process it is and whether it lives. */
export interface Vitals {
  identity: ProcessIdentity;
  /** As in `ProcessFacts`. */
  state: string;
}

/** How a platform shows its processes. */
export interface ProcessSource {
  bootId(): string;
  /** Synchronous on purpose: between this and the signal nothing else runs. Undefined when no process has the pid. */
  vitals(pid: number): Vitals | undefined;
  /** Everything about every living process; zombies are left out. @throws Error when the platform cannot read what is needed */
  list(needs: ProcessNeeds, signal: AbortSignal): Promise<ProcessFacts[]>;
  /** The TCP ports that each process listens on, by pid; none for one that has ended. @throws Error when they cannot be read */
  listeningPorts(pids: readonly number[]): ReadonlyMap<number, number[]>;
  /** Distinguishes pid namespaces; empty where there are none. */
  pidNamespace(): string;
}
