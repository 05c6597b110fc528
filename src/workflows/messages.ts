import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Act, Halt, RunState } from '../domain/run.ts';

/** Somebody approves what the run waits for; `digest` must be the plan's. */
export const approve = defineUpdate<RunState, [Act]>('approve');
/** Somebody refuses; the run ends as denied. */
export const reject = defineUpdate<RunState, [Act]>('reject');
/** Ends the run in any phase; what was begun is undone. */
export const abort = defineUpdate<RunState, [Act]>('abort');
/** Nothing new begins; a live fault that can be undone is undone at once. */
export const pause = defineUpdate<RunState, [Act]>('pause');
/** Goes on, after measuring the baseline afresh; an iteration that the pause interrupted is repeated on the same victims. */
export const resume = defineUpdate<RunState, [Act]>('resume');
/** The state of the run. */
export const state = defineQuery<RunState>('state');
/** Somebody halts the environment, or an incident does: the run stops as by an abort. Sent by the ledger; an incident makes the verdict `void`. */
export const halted = defineSignal<[Halt]>('halted');
/** The guard of `wave/iteration` sees, since `atMs`. Sent by the guard, once per attempt. */
export const guardArmed = defineSignal<[key: string, atMs: number]>('guardArmed');
/** Whether each order of `wave/iteration` has its answer and the fault is held now. Asked by the guard, whose hold begins then. */
export const isHolding = defineQuery<boolean, [key: string]>('isHolding');
