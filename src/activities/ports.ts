import type { SiteEnvironments } from '../domain/site-environments.ts';
import type { KeyObject } from 'node:crypto';
import type { Page, Paging } from '../domain/page.ts';
import type { ApprovalStatement } from '../domain/signed-approval.ts';
import type { FaultPorts, LeasePort, SurvivorsPort } from '../faults/ports.ts';
import type { OpaPort } from '../policy/opa.ts';
import type { PolicySource } from '../policy/policy.ts';
import type { RegoPort } from '../policy/rego.ts';
import type { ProbePorts } from '../probes/ports.ts';
import type { Records } from '../records/ports.ts';
import type { RemedyPorts } from '../remedies/ports.ts';
import type { TargetPorts } from '../targets/ports.ts';
import type { ChangeControl } from './change-port.ts';

/** What a site's activities need of the world. */
export interface SitePorts {
  /** Its name: what is addressed to another is refused. */
  site: string;
  /** What the site's own worker was told: runs of another environment are refused. Absent: it was told nothing. */
  environments?: readonly string[];
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

/** Proves what an approval states, and that the API has signed it. */
export interface ApprovalVerifier {
  /** What was signed and with which key, or why it is not proven. Without the keys nothing is. Never throws. */
  verify(signed: string, nowMs: number): Promise<{ statement: ApprovalStatement; keyId: string } | { why: string }>;
  /** Why nothing can be verified now; undefined when it can. */
  problem(): Promise<string | undefined>;
}

/** What the control activities need: the records, and the hour. */
export interface ControlPorts {
  records: Records;
  nowMs(): number;
  /** Somebody's change management that must allow every run where a ticket is asked for. Absent: none is asked. */
  changes?: ChangeControl;
  /** Absent: nobody can be called. */
  pager?: Pager;
  /** Reads the policy files, at each evaluation. Absent: only the guardrails in code hold. */
  policies?: PolicySource;
  /** Which environments the sites hold: a guardrail. Absent: nobody said. */
  siteEnvironments?: SiteEnvironments;
  /** A running OPA that must allow every plan, too. Absent: none is asked. */
  opa?: OpaPort;
  /** A Rego bundle that must allow every plan, too. Absent: there is none. */
  rego?: RegoPort;
  /** Verifies signed approvals, so that no other counts. Absent: an approval is a claim. */
  approvals?: ApprovalVerifier;
  /** Reads the public keys of those who may state that a commit was reviewed, at each question. Absent: no review counts. */
  reviewKeys?: () => Promise<readonly KeyObject[]>;
  /** Sites that the janitor asks beside those of recorded runs. */
  sites?: readonly string[];
}
