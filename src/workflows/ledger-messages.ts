import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { MESSAGES } from '../domain/ledger/names.ts';
import type { Answer, Claim, LedgerState, Limits, Reply } from '../domain/ledger/state.ts';
import type { Halt } from '../domain/run.ts';

/** What somebody sends who acts on a ledger. */
export interface LedgerAct {
  by: string;
  reason: string;
}

/** May this wave begin? Granted, queued or refused; whoever is queued hears by signal when it is its turn. Safe to repeat. */
export const acquire = defineUpdate<Reply, [Claim]>(MESSAGES.acquire);
/** The same without waiting for the answer, which comes by signal: a workflow takes ten updates at a time, and any number of signals. */
export const acquireLater = defineSignal<[Claim]>(MESSAGES.acquire);
/** The wave is over; its scopes rest when anybody was hit. */
export const leave = defineSignal<[{ holder: string; runId: string; wave: string; hit: boolean }]>(MESSAGES.leave);
/** The run wants nothing more. */
export const release = defineSignal<[{ holder: string; runId: string; hit: boolean }]>(MESSAGES.release);
/** Stops everything in the environment, until it is lifted. A signal, because it is then durable even while no worker runs. */
export const haltLater = defineSignal<[Halt]>(MESSAGES.halt);
/** The same, with the ledger's word that it has taken it. */
export const halt = defineUpdate<LedgerState, [Pick<Halt, 'by' | 'reason'> & Partial<Halt>]>(MESSAGES.halt);
/** New runs may start again. */
export const lift = defineUpdate<LedgerState, [LedgerAct]>('lift');
/** Other caps from now on. What holds more already keeps it. */
export const limits = defineUpdate<LedgerState, [Limits & { by: string }]>('limits');
/** Takes a run's place away whatever it does: for a hold whose run is gone and whose end cannot be seen. */
export const expire = defineUpdate<LedgerState, [LedgerAct & { holder: string }]>('expire');
/** Looks now whether every holder and waiter lives, and takes the places of those that do not. @returns what was found, in one sentence */
export const sweep = defineUpdate<string>('sweep');
/** All that the ledger knows. */
export const ledgerState = defineQuery<LedgerState>('state');
/** To a run: what the ledger says of its wave. */
export const ledgerAnswer = defineSignal<[Answer]>(MESSAGES.answer);
