import type { ApprovalRules, Approved, Asking } from './approval.ts';
import type { AuditHead } from './audit/entry.ts';
import type { Injection } from './order.ts';
import type { Paging } from './page.ts';
import type { Plan } from './plan.ts';
import type { Issue } from './start.ts';
import type { Decision, Recovery, Verdict } from './verdict.ts';

/** What starts a run. The document is what the author wrote, as JSON; it is parsed and judged inside the run's first activity. */
export interface RunInput {
  document: unknown;
  /** Absent (a schedule, a start by hand): drawn from the workflow id. */
  seed?: number;
  /** Absent: 1. */
  timeScale?: number;
  requestedBy: string;
  /** SHA-256 that the requester saw in `plan`; when given, a run of anything else is denied. */
  expectedDigest?: string;
  /** Run only these waves and the dry runs; absent: all. */
  labels?: Record<string, string>;
  /** Set by the client; absent on schedules and on starts by hand, which are taken as fresh. */
  issued?: Issue;
  /** Which schedule file it belongs to; absent: none. */
  schedule?: ScheduledBy;
}

/** A schedule file as its runs carry it: each asks it once more whether it is to be. */
export interface ScheduledBy {
  name: string;
  /** The file as written, without the experiment. */
  document: unknown;
  /** Texts of the iCalendar files that it names. */
  calendars: Record<string, string>;
  /** Since when the schedule is there, epoch milliseconds. */
  sinceMs: number;
}

export type Phase =
  | 'admitting'
  | 'awaiting-approval'
  | 'queued'
  | 'paused'
  | 'preparing'
  | 'arming'
  | 'injecting'
  | 'holding'
  | 'undoing'
  | 'recovering'
  | 'cooling-down'
  | 'closing'
  | 'closed';

/** Somebody who acts on a run, and why. Identity is a claim: what needs proof is verified in activities. */
export interface Act {
  by: string;
  reason?: string;
  /** What was approved; must be the plan's digest. */
  digest?: string;
  /** An approval that the API has signed: a compact JWS, which an activity verifies. */
  signed?: string;
  /** Says that glass is broken; only a signature proves it. */
  breakGlass?: boolean;
}

/** Glass that somebody broke: it stood for every approval that this asking was still missing. */
export interface BrokenGlass {
  by: string;
  reason: string;
  ticket: string;
  /** Number of the asking. */
  asking: number;
}

/** Why an environment is stopped, by whom and since when (epoch milliseconds). An `incident` has nothing to do with the experiments. */
export interface Halt {
  kind: 'halt' | 'incident';
  by: string;
  reason: string;
  atMs: number;
}

/** One thing that happened, with its reason. */
export interface RunEvent {
  key: string;
  atMs: number;
  kind: string;
  wave?: string;
  iteration?: number;
  data: Record<string, unknown>;
}

/** A victim as the run's record names it. */
export interface VictimState {
  wave: string;
  iteration: number;
  id: string;
  name: string;
  injection?: Injection;
  undone?: string;
}

/** How one iteration went, for people. */
export interface IterationState {
  wave: string;
  iteration: number;
  dryRun: boolean;
  outcome: 'running' | 'walked' | 'held' | 'stopped' | 'interrupted' | 'not-recovered';
  recovery?: Recovery;
}

/** A run's place in the ledger's queue. */
export interface Queued {
  environment: string;
  /** Among those in the queue that want a scope which this run wants too; 1 is next. */
  position: number;
  of: number;
  why: string;
  /** Runs that must move first. */
  behind: string[];
  /** When a cool-down ends that is in the way, epoch milliseconds. */
  untilMs?: number;
}

/** The place in words: `position 3 of 7, service:payments is held by …`. */
export const describeQueued = ({ position, of, why, behind }: Queued): string =>
  `position ${position} of ${of}, ${why}${behind.length ? `; behind ${behind.join(', ')}` : ''}`;

/** The state of a run, answered by its query and shown by the CLI. */
export interface RunState {
  workflowId: string;
  experiment?: string;
  digest?: string;
  phase: Phase;
  wave?: string;
  iteration?: number;
  approvals: Act[];
  approvalsRequired: number;
  /** `start`, or the wave whose gate waits; present while the run waits for people. */
  awaiting?: string;
  /** For how many it is to be approved; present while the run waits for people, absent in runs of earlier versions. */
  awaitingFor?: Approved;
  /** Exactly what is asked, and what counts; present while the run waits for people, absent in runs of earlier versions. */
  asking?: Asking & ApprovalRules;
  /** The newest that was broken. */
  breakGlass?: BrokenGlass;
  /** What the ledger last said of the run's place; present while it waits for others. */
  queued?: Queued;
  paused?: Act;
  rejected?: Act;
  aborted?: Act;
  victims: VictimState[];
  iterations: IterationState[];
  leftovers: string[];
  /** When the run first learnt that it must stop, epoch milliseconds. */
  stopSeenMs?: number;
  /** Breach or abort seen → last undo done, milliseconds. */
  stopLatencyMs?: number;
  decision?: Decision;
  /** The newest events; the whole list is in the records. */
  events: RunEvent[];
}

/** How a run ended. */
export interface RunResult {
  workflowId: string;
  verdict: Verdict;
  rule: string;
  reason: string;
  leftovers: string[];
  victims: VictimState[];
  iterations: IterationState[];
  stopSeenMs?: number;
  stopLatencyMs?: number;
  /** True when the records database did not take everything; the history still has it. */
  recordsIncomplete: boolean;
  /** Whether a person was called, when something was left behind. */
  paging?: Paging;
  /** Where the audit log ended when this was on record: Temporal keeps it, outside of the records. */
  auditHead?: AuditHead;
}

/** Exit codes of the CLI, by verdict; a leftover is 6 whatever the verdict. */
export const EXIT_CODES: Record<Verdict, number> = {
  passed: 0,
  failed: 3,
  aborted: 4,
  void: 4,
  denied: 5,
  error: 7,
  inconclusive: 8,
  invalid: 8,
};

/** Admission of a run: the plan, or why not. */
export type Admission = { admitted: true; plan: Plan } | { admitted: false; reason: string };
