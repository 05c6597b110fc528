import type { AuditEntry, AuditHead } from '../domain/audit/entry.ts';
import type { Finding } from '../domain/findings.ts';
import type { Grant } from '../domain/principal.ts';
import type { Halt, RunEvent, RunState } from '../domain/run.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { CaseResult } from '../policy/cases.ts';
import type { Explanation } from '../policy/explain.ts';
import type { CatalogueEntry } from '../records/catalogue.ts';
import type { RunRecord } from '../records/ports.ts';
import type { ReportFormat } from '../report/formats.ts';
import type { Leftover } from '../report/leftovers.ts';
import type { StartOptions } from './starting.ts';
import type { CalendarEntry } from '../schedules/entries.ts';

export type { AuditEntry, AuditHead, CaseResult, Explanation, Finding, Leftover, ReportFormat, RunEvent, RunRecord };

/** Who you are to the API. */
export interface Me {
  subject: string;
  kind: 'person' | 'service' | 'unidentified';
  grants: Grant[];
}

/** A run in a list. Times are epoch milliseconds. */
export type RunBrief = Omit<RunRecord, 'experiment' | 'result'>;

export interface RunsPage {
  runs: RunBrief[];
  /** Hand it back as `cursor` for the page after this one. */
  next?: string;
}

/** Which runs to list. Instants are ISO 8601, such as 2026-11-01T08:00:00Z. */
export interface RunsQuery {
  environment?: string;
  service?: string;
  /** The experiment's name. */
  name?: string;
  verdict?: Verdict;
  since?: string;
  until?: string;
  /** 1–200 */
  limit?: number;
  cursor?: string;
}

/** One run: its record when there is one, its state while it lives, or why that is not known. */
export interface RunView {
  run?: RunRecord;
  state?: RunState;
  unknown?: string;
}

/** What is planned or started. Who asks is who is authenticated. */
export type Planned = Pick<StartOptions, 'document' | 'seed' | 'timeScale'>;
export type Started = Planned & Pick<StartOptions, 'expectedDigest'> & { idempotencyKey: string };

/** Why somebody acts. */
export interface Why {
  reason?: string;
}

/** What is approved: the digest that was seen and, to be sure, what was seen to wait. Broken glass stands for all that is missing. */
export interface Approval extends Why {
  digest: string;
  awaiting?: string;
  breakGlass?: { reason: string; ticket: string };
}

/** What a stream of events says; after the end it is over. */
export type Watched = { kind: 'event'; event: RunEvent } | { kind: 'end'; verdict?: Verdict; reason?: string };

/** A halt as it was taken. */
export interface Halted {
  environment: string;
  halt: Halt;
  /** Live runs that were told so far. */
  told: number;
}

/** Which layers of policy have answered, and which only workers ask. */
export interface AskedLayers {
  asked: string[];
  notAsked: string[];
}

/** The policies that the API's process is told of. */
export interface PoliciesView extends AskedLayers {
  guardrails: string[];
  siteEnvironments?: Record<string, string[]>;
  files?: { digest: string; names: string[]; rules: { name: string; file: string; contact: string; rule: Record<string, unknown> }[] };
  rego?: { digest: string } | { problem: string };
}

/** An experiment that policies are asked about. Instants are ISO 8601. */
export interface PolicyQuestion {
  document: unknown;
  /** Judged as before this wave; absent: as before the run. */
  wave?: string;
  timeScale?: number;
  at?: string;
}

/** A case as a file of cases states it. */
export interface GivenPolicyCase {
  name: string;
  at?: string;
  given?: Record<string, unknown>;
  expect: 'allow' | { deny: string[] };
}

/** Which entries of the audit log. Instants are ISO 8601. */
export interface AuditQuery {
  since?: string;
  until?: string;
  /** `sequence` of the last entry that you have. */
  after?: number;
  /** Only what is about this run. */
  run?: string;
}

/** The starts of schedules, by time, and the schedules whose starts cannot be told. */
export interface CalendarView {
  entries: CalendarEntry[];
  unreadable: { schedule: string; why: string }[];
}

/** An experiment that `breakwater sync` has put on record. Standing there proves nothing: whoever trusts a statement verifies it. */
export type CataloguedExperiment = CatalogueEntry;
