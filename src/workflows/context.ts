import { setCurrentDetails, workflowInfo, type CancellationScope } from '@temporalio/workflow';
import { REHEARSAL } from '../domain/order.ts';
import type { Plan, WavePlan } from '../domain/plan.ts';
import type { IterationFacts, RunFacts } from '../domain/verdict.ts';
import type { Phase, RunState } from '../domain/run.ts';
import type { Chronicle } from './chronicle.ts';
import { describeRun } from './details.ts';

/** What the steps of a run share. */
export interface RunContext {
  state: RunState;
  facts: RunFacts;
  chronicle: Chronicle;
  /** Everything that an abort ends. Undo and recovery live outside of it. */
  chaos: CancellationScope;
  /** Guards that see: `wave/iteration` → since when, epoch milliseconds. */
  armed: Map<string, number>;
  /** Fencing token of the ledger's newest grant; 0 before the first. */
  epoch: number;
}

/** A context whose plan is known. */
export type AdmittedRun = RunContext & { plan: Plan };

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
