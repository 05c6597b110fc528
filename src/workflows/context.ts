import { setCurrentDetails, workflowInfo, type CancellationScope } from '@temporalio/workflow';
import type { Approved } from '../domain/approval.ts';
import type { ChangeDecision } from '../domain/change.ts';
import type { Reply } from '../domain/ledger/state.ts';
import { REHEARSAL } from '../domain/order.ts';
import type { Plan, WavePlan } from '../domain/plan.ts';
import type { IterationFacts, RunFacts } from '../domain/verdict.ts';
import type { Phase, RunState } from '../domain/run.ts';
import type { Headcount } from '../domain/survivors.ts';
import type { Chronicle } from './chronicle.ts';
import { describeRun } from './details.ts';

/** What the steps of a run share. */
export interface RunContext {
  state: RunState;
  facts: RunFacts;
  chronicle: Chronicle;
  /** Why each leftover could not be undone, by its name in the state. */
  whyLeft: Map<string, string>;
  /** Everything that an abort ends. Undo and recovery live outside of it. */
  chaos: CancellationScope;
  /** Guards that see: `wave/iteration` → since when, epoch milliseconds. */
  armed: Map<string, number>;
  /** Ends what a pause may end at once; set while an iteration is under way. */
  interrupt?: (() => void) | undefined;
  /** The population when the first wave was prepared; absent before that, and in runs of earlier versions. */
  headcount?: Headcount;
  /** For how many the newest approval was given, and how many victims this run had before; absent without one, and in runs of earlier versions. */
  approvedFor?: Approved & { victimsBefore: number };
  /** What the ticket said before the first wave; absent where none was asked about, and in runs of earlier versions. */
  change?: ChangeDecision;
  /** The ticket that was told that the run begins, and is told how it ends. */
  ticket?: string;
  /** Fencing token of the ledger's newest grant; 0 before the first. */
  epoch: number;
  ledger: LedgerSide;
  /** How often people were asked, and how many approvals of the newest asking did not count. */
  askings?: number;
  approvalsRefused?: number;
  /** Who wrote what the review that counts for the newest asking is about: none of them approves it. */
  reviewAuthors?: readonly string[];
  /** How often somebody tried to break glass. */
  glassTries?: number;
  /** The executions of this run in which its approvals were given: more than this one after a reset, and then none of them stands. */
  approvedIn?: string[];
  /** The policy under which the newest approval was given; absent without one, and in runs of earlier versions. */
  approvedPolicy?: string;
}

/** What a run knows of itself in the ledger. */
export interface LedgerSide {
  /** False in the histories of runs that were before the ledger. */
  isUsed: boolean;
  /** Whether the ledger was ever asked, so that it must be told of the end. */
  isKnown: boolean;
  /** The claim that it is asked to answer now, and what it said last. */
  asking?: { wave: string; claimId: string };
  reply?: Reply;
  /** What the wave is expected to cost of its error budget, as a share; absent: it names none. */
  cost?: number | undefined;
  /** What others had reserved of it when the wave was granted; absent: the ledger does not say. */
  reserved?: number | undefined;
  /** What was left of it before the wave's first iteration. */
  budgetBefore?: { wave: string; remaining: number };
  /** The wave that the run is in by the ledger's grant. */
  wave?: string;
}

/** A context whose plan is known, what its author wrote, and who asked for it. */
export type AdmittedRun = RunContext & { plan: Plan; document: unknown; requestedBy: string };

/** Remembers in which execution an approval was given. Absent: an earlier version did not say. */
export function noteGiven(run: RunContext, givenIn: string | undefined): void {
  if (givenIn !== undefined) run.approvedIn = [...new Set([...(run.approvedIn ?? []), givenIn])];
}

/** Where an iteration belongs. */
export interface Place {
  wave: string;
  iteration: number;
}

/** A run that has done nothing yet. */
export const newRunState = (): RunState => ({
  workflowId: workflowInfo().workflowId,
  phase: 'admitting',
  approvals: [],
  approvalsRequired: 0,
  victims: [],
  iterations: [],
  leftovers: [],
  events: [],
});

export const newRunFacts = (): RunFacts => ({ leftovers: [], iterations: [], wavesPlanned: 0, wavesDone: 0 });

/** Facts of an iteration that has not begun. */
export const newIterationFacts = (place: Place, { dryRun, fault, holdMs }: WavePlan): IterationFacts => ({
  ...place,
  dryRun,
  ...(fault.kind === REHEARSAL && { rehearsal: true }),
  injections: [],
  guard: 'not-run',
  summaries: {},
  violations: [],
  faultMs: 0,
  holdMs,
  recovery: { kind: 'not-needed' },
});

/** Enters a phase: the query and Temporal Web show it at once. */
export function enter({ state }: RunContext, phase: Phase, place?: Place): void {
  state.phase = phase;
  if (place) Object.assign(state, place);
  setCurrentDetails(describeRun(state));
}
