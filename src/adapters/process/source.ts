import type { ProcessIdentity } from '../../domain/process.ts';
import type { ProcessFacts, ProcessGlance, ProcessNeeds } from '../../targets/ports.ts';

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
  /** A glance at every process, with the facts that are needed. @throws Error when the platform cannot read what is needed */
  glance(needs: ProcessNeeds, signal: AbortSignal): Promise<ProcessGlance[]>;
  /** Everything about those of these pids that live; zombies do not, and one that is replaced while it is read counts as gone. */
  examine(pids: readonly number[], needs: ProcessNeeds, signal: AbortSignal): Promise<ProcessFacts[]>;
  /** The TCP ports that each process listens on, by pid; none for one that has ended. @throws Error when they cannot be read */
  listeningPorts(pids: readonly number[]): ReadonlyMap<number, number[]>;
  /** These and all below them. */
  withDescendants(pids: readonly number[]): number[];
  /** Its parent, the parent of that, and so on. */
  ancestorsOf(pid: number): number[];
  /** Distinguishes pid namespaces; empty where there are none. */
  pidNamespace(): string;
}
