import type * as z from 'zod';
import type { ObjectRef, Resource } from './resources.ts';

/** Which objects of a collection. */
export interface ListQuery {
  /** Absent: all namespaces. */
  namespace?: string;
  /** As `kubectl -l`: `app=web,tier in (a,b),!legacy`. The API server evaluates it. */
  labelSelector?: string;
  /** As `kubectl --field-selector`: `spec.nodeName=node1`. */
  fieldSelector?: string;
}

/** A change to an object. `apply`: server-side apply with our field manager; `force` takes fields over that others manage. */
export type Patch = { kind: 'merge' | 'json'; body: unknown } | { kind: 'apply'; body: unknown; force?: boolean };

/** Which object exactly: another one of the same name is refused with 409. */
export interface Preconditions {
  uid: string;
  resourceVersion?: string;
}

/** A program to run in a container, by argument list. */
export interface ContainerCommand {
  namespace: string;
  pod: string;
  container: string;
  argv: readonly string[];
  /** It is left alone after this many milliseconds; what it started inside goes on. */
  timeoutMs: number;
}

/** How it ended. */
export interface ContainerCommandResult {
  /** Null when the connection ended without a status: the container died under it, or nobody knows. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** What the API server or the container runtime said when the program could not be started, such as that there is no such file. */
  failure?: string;
}

/** The API server refused or could not be asked. No secret is in the message. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  constructor(
    message: string,
    /** HTTP status; 0: no answer. */
    readonly status: number,
    /** As the API says it: `Forbidden`, `Conflict`, `TooManyRequests`. */
    readonly reason: string,
    /** `causes` of the answer's details, such as the disruption budget that refused an eviction. */
    readonly causes: readonly { reason: string; message: string }[] = [],
  ) {
    super(message);
  }
}

/**
 * A cluster, through its API server. Every answer is parsed where it enters.
 * Reads are tried again on 429, 5xx and lost connections, for a few seconds; a change is sent again only when the server said that it did not take it (429
 * of its own rate limit, never of an eviction).
 * @throws KubernetesError on every other answer; Error naming object and field when an answer does not have the expected shape
 */
export interface KubernetesPort {
  /** @returns undefined when there is no such object */
  read<T>(ref: ObjectRef, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined>;
  /** In pages of 500, so that no answer grows with the cluster. */
  list<T>(resource: Resource, query: ListQuery, schema: z.ZodType<T>, signal: AbortSignal): Promise<T[]>;
  /** Deletes this very object. @param gracePeriodSeconds absent: the object's own */
  remove(ref: ObjectRef, preconditions: Preconditions, signal: AbortSignal, gracePeriodSeconds?: number): Promise<void>;
  /** @param dryRun the server checks everything, admission included, and changes nothing */
  patch(ref: ObjectRef, patch: Patch, signal: AbortSignal, dryRun?: boolean): Promise<void>;
  /** Posts to a collection (without `name`) or a sub-resource, such as an eviction or an access review. @returns the answer's body */
  create<T>(path: string, body: unknown, schema: z.ZodType<T>, signal: AbortSignal): Promise<T>;
  /** Asks any path for JSON, such as the kubelet's summary through the API server. @returns undefined on 404 */
  get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined>;
  /** Runs a program in a container without a shell. @throws KubernetesError when the API server refuses or there is no such container */
  exec(command: ContainerCommand, signal: AbortSignal): Promise<ContainerCommandResult>;
  /** Namespaces that the settings protect, the own one included, in addition to those of `protection.ts`. */
  protectedNamespaces(): Promise<readonly string[]>;
  /** The field manager of our changes. */
  readonly fieldManager: string;
}
