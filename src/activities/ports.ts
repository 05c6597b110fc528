import type { ChangeAnswer, ChangeQuestion, TicketNote } from '../domain/change.ts';
import type { Page, Paging } from '../domain/page.ts';
import type { FaultPorts, LeasePort, SurvivorsPort } from '../faults/ports.ts';
import type { OpaPort } from '../policy/opa.ts';
import type { PolicySource } from '../policy/policy.ts';
import type { ProbePorts } from '../probes/ports.ts';
import type { Records } from '../records/ports.ts';
import type { RemedyPorts } from '../remedies/ports.ts';
import type { TargetPorts } from '../targets/ports.ts';

/** What a site's activities need of the world. */
export interface SitePorts {
  /** Its name: what is addressed to another is refused. */
  site: string;
  faults: FaultPorts;
  leases: LeasePort;
  probes: ProbePorts;
  remedies: RemedyPorts;
  targets: TargetPorts;
  survivors: SurvivorsPort;
  records: Pick<Records, 'appendSamples'>;
}

/** Calls a person. */
export interface Pager {
  /**
   * Safe to repeat: the same `dedupKey` is the same trouble.
   * @returns what the pager said, or why nobody can be called at all
   * @throws PagerError when it did not take the page; whether trying again can help is in it. No secret is in its message
   */
  page(page: Page, signal: AbortSignal): Promise<Paging>;
}

/** A page that was not taken. */
export class PagerError extends Error {
  override readonly name = 'PagerError';
  readonly retryable: boolean;
  /** How long the pager asked to be left alone, milliseconds. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryable: boolean, retryAfterMs?: number) {
    super(message);
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Somebody else's change management, such as ServiceNow, Jira or one's own. Secrets are resolved inside, and are in no error. */
export interface ChangeSystem {
  /** Its kind and host, without credentials: it is put on record. */
  name: string;
  /**
   * Reads a ticket, and changes nothing.
   * @throws ChangeSystemError when it does not answer, or not as its contract says
   */
  check(question: ChangeQuestion, signal: AbortSignal): Promise<ChangeAnswer>;
  /**
   * Writes a note into a ticket, unless one with this mark is there.
   * @returns what was done, in words
   * @throws ChangeSystemError when it was not taken, or nobody knows
   */
  note(note: WrittenNote, signal: AbortSignal): Promise<string>;
  /** Whether it answers, and takes our credentials. @returns what it said @throws ChangeSystemError */
  reach(signal: AbortSignal): Promise<string>;
}

/** A note as people read it: paragraphs, then links, and a mark by which it is found again. */
export interface WrittenNote extends TicketNote {
  mark: string;
  lines: string[];
  links: { label: string; url: string }[];
}

/** A change system did not answer, or not as its contract says. */
export class ChangeSystemError extends Error {
  override readonly name = 'ChangeSystemError';
  readonly retryable: boolean;
  constructor(message: string, retryable: boolean) {
    super(message);
    this.retryable = retryable;
  }
}

/** The change system, and when it is asked. */
export interface ChangeControl {
  system: ChangeSystem;
  /** Patterns of environments in which a ticket is asked for. */
  environments: readonly string[];
  /** What its tickets look like, patterns. */
  tickets: readonly string[];
  /** Whom to ask when a ticket names nobody. */
  contact?: string;
  /** Addresses of a run, with {run} and {execution} where its ids belong. */
  links: { report?: string; temporal?: string };
}

/** What the control activities need: the records, and the hour. */
export interface ControlPorts {
  records: Records;
  nowMs(): number;
  /** Absent: nobody can be called. */
  pager?: Pager;
  /** Reads the policy files, at each evaluation. Absent: only the guardrails in code hold. */
  policies?: PolicySource;
  /** A running OPA that must allow every plan, too. Absent: none is asked. */
  opa?: OpaPort;
  /** Somebody's change management that must allow every run where a ticket is asked for. Absent: none is asked. */
  changes?: ChangeControl;
  /** Sites that the janitor asks beside those of recorded runs. */
  sites?: readonly string[];
}
