import type { Halt } from '../run.ts';

/** Caps of an environment, over all runs. */
export interface Limits {
  /** How many runs may hold the same service, group or dependency. */
  perScope: number;
  /** How many victims the live waves of all runs may have at once. */
  maxConcurrentVictims: number;
}

/** What a run wants to do next: one wave on these scopes. The same claim again is the same wave. */
export interface Claim {
  /** Workflow id of the run. */
  holder: string;
  /** Tells a run that was reset in Temporal from what it was before. */
  runId: string;
  /** Tells the answers to this question from answers to earlier ones; absent in histories of before. */
  claimId?: string;
  wave: string;
  /** `service:payments`, `group:eu-cluster`, `dependency:postgres`: all of them or none. */
  scopes: string[];
  /** Most victims that the wave hits at the same time. */
  victims: number;
  /** How long the scopes rest after the wave, milliseconds. */
  coolDownMs: number;
  /** What the wave may cost of an error budget. */
  budget?: BudgetClaim;
}

/** A share of an SLO's error budget, reserved while a wave is live. The SLO's name is the budget's name in the whole environment. */
export interface BudgetClaim {
  slo: string;
  /** Share of the whole budget, 0–1. */
  cost: number;
}

/** A run that has its scopes: nobody else gets them beyond `perScope` until it releases them. Times are epoch milliseconds. */
export interface Hold {
  holder: string;
  runId: string;
  scopes: string[];
  /** Fencing token: rises with each grant to a new run. */
  epoch: number;
  sinceMs: number;
  /** When it is asked next whether the holder is still running. */
  checkAtMs: number;
  /** The live wave that it is in; absent between waves. */
  wave?: LiveWave;
}

/** A wave under way. What it reserves ends with it, however it ends. */
export interface LiveWave {
  name: string;
  victims: number;
  coolDownMs: number;
  sinceMs: number;
  /** `before`: what others had reserved of the same budget when it was granted. */
  budget?: BudgetClaim & { before: number };
}

/** Somebody in the queue. */
export interface Waiter extends Claim {
  sinceMs: number;
  checkAtMs: number;
}

/** A scope that rests after a wave. */
export interface CoolDown {
  scope: string;
  untilMs: number;
  /** The run after whose wave it rests. */
  by: string;
}

/** Something that a person may ask about later. */
export interface Note {
  atMs: number;
  text: string;
}

/** All that a ledger knows. */
export interface LedgerState {
  limits: Limits;
  /** The newest epoch that was granted. */
  epoch: number;
  holds: Hold[];
  /** First come, first served. */
  queue: Waiter[];
  coolDowns: CoolDown[];
  halt?: Halt;
  /** The newest ones, oldest first. */
  notes: Note[];
}

export const DEFAULT_LIMITS: Limits = { perScope: 1, maxConcurrentVictims: 10 };
/** More would make the ledger's state heavy to carry over; whoever comes then is refused. */
export const MAX_QUEUE = 1_000;

/** A ledger in which nothing has happened. */
export const newLedger = (): LedgerState => ({ limits: { ...DEFAULT_LIMITS }, epoch: 0, holds: [], queue: [], coolDowns: [], notes: [] });

/** What the ledger says of a claim. `granted`: the wave may begin now. `refused`: not now and not by waiting. */
export type Reply =
  /** `reserved`: what waves that were granted earlier may still cost of the same error budget; present when the claim names one. */
  | { kind: 'granted'; epoch: number; reserved?: number }
  | {
      kind: 'queued';
      /** Place among those in the queue that want a scope which this claim wants too; 1 is next. */
      position: number;
      of: number;
      why: string;
      /** Runs that must move first, three at most. */
      behind: string[];
      /** When a cool-down ends that is in the way, epoch milliseconds. */
      untilMs?: number;
    }
  | { kind: 'refused'; reason: string };

/** An answer with its address. */
export interface Answer {
  holder: string;
  runId: string;
  /** That of the claim, where it had one. */
  claimId?: string;
  wave: string;
  reply: Reply;
}
