import type { Halt } from '../run.ts';
import type { LedgerEvent } from './step.ts';
import type { BudgetClaim, Claim, LedgerState, Limits } from './state.ts';
import { newLedger } from './state.ts';

/** Messages to a ledger come from anywhere, Temporal Web included: each reader answers what is meant, or says what is wrong. */
type Read<T> = { ok: true; value: T } | { ok: false; problem: string };

const MAX_TEXT = 500;
const MAX_SCOPES = 32;
const MAX_COOL_DOWN_MS = 30 * 86_400_000;
const BUDGET = /^[a-z0-9][a-z0-9-]{0,62}$/;
const SCOPE = /^(service|group|dependency):[a-z0-9][a-z0-9-]{0,62}$/;

const problem = (text: string): { ok: false; problem: string } => ({ ok: false, problem: text });
const value = <T>(it: T): { ok: true; value: T } => ({ ok: true, value: it });
const fields = (message: unknown): Record<string, unknown> =>
  typeof message === 'object' && message !== null && !Array.isArray(message) ? (message as Record<string, unknown>) : {};
const isText = (it: unknown, most = MAX_TEXT): it is string => typeof it === 'string' && it.trim() !== '' && it.length <= most;
const isWhole = (it: unknown, least: number, most: number): it is number =>
  Number.isInteger(it) && (it as number) >= least && (it as number) <= most;

/** Temporal gives runs such ids. It refuses to carry an answer to any other, each time anew: the ledger would stand still for ever. */
const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** It goes to Temporal as UTF-8, which has no such thing. */
const HALF_CHARACTER = /\p{Surrogate}/u;

/** The run that a message speaks of. */
function readRun(message: unknown): Read<{ holder: string; runId: string }> {
  const { holder, runId } = fields(message);
  if (!isText(holder) || HALF_CHARACTER.test(holder)) return problem('expected `holder`, the workflow id of a run');
  if (typeof runId !== 'string' || !RUN_ID.test(runId)) return problem('expected `runId`, the run id of a workflow: a UUID');
  return value({ holder, runId });
}

/** @returns nothing when the claim names no budget */
function readBudget(budget: unknown): Read<BudgetClaim | undefined> {
  if (budget === undefined || budget === null) return value(undefined);
  const { slo, cost } = fields(budget);
  if (typeof slo !== 'string' || !BUDGET.test(slo)) return problem('expected `budget.slo`, the name of an SLO');
  if (typeof cost !== 'number' || !(cost >= 0 && cost <= 1)) return problem('expected `budget.cost`, a share from 0 to 1');
  return value({ slo, cost });
}

export function readClaim(message: unknown): Read<Claim> {
  const run = readRun(message);
  if (!run.ok) return run;
  const { wave, scopes, victims, coolDownMs, claimId, budget: wanted } = fields(message);
  const budget = readBudget(wanted);
  if (!budget.ok) return budget;
  if (!isText(wave, 100)) return problem('expected `wave`, a name of 100 characters at most');
  const isListed = Array.isArray(scopes) && scopes.length >= 1 && scopes.length <= MAX_SCOPES;
  if (!isListed || !scopes.every((scope) => typeof scope === 'string' && SCOPE.test(scope)))
    return problem(`expected \`scopes\`, 1 to ${MAX_SCOPES} of service:NAME, group:NAME, dependency:NAME`);
  if (!isWhole(victims, 1, 1_000)) return problem('expected `victims`, a whole number from 1 to 1000');
  if (!isWhole(coolDownMs, 0, MAX_COOL_DOWN_MS)) return problem('expected `coolDownMs`, 0 to 30 days');
  if (claimId !== undefined && !isText(claimId, 100)) return problem('expected `claimId`, a text of 100 characters at most, or none');
  return value({
    ...run.value,
    ...(claimId !== undefined && { claimId }),
    wave,
    scopes: [...new Set(scopes as string[])],
    victims,
    coolDownMs,
    ...(budget.value && { budget: budget.value }),
  });
}

export function readLeave(message: unknown): Read<LedgerEvent> {
  const run = readRun(message);
  const { wave, hit } = fields(message);
  if (!run.ok) return run;
  return isText(wave, 100) ? value({ kind: 'leave', ...run.value, wave, hit: hit !== false }) : problem('expected `wave`');
}

export function readRelease(message: unknown): Read<LedgerEvent> {
  const run = readRun(message);
  return run.ok ? value({ kind: 'release', ...run.value, hit: fields(message)['hit'] !== false }) : run;
}

/** Who acts, and why. A claim, not a proof. */
export function readActor(message: unknown): Read<{ by: string; reason: string }> {
  const { by, reason } = fields(message);
  if (!isText(by) || !isText(reason)) return problem(`expected { "by": "name", "reason": "why" }, texts of 1 to ${MAX_TEXT} characters`);
  return value({ by: by.trim(), reason: reason.trim() });
}

export function readHalt(message: unknown, nowMs: number): Read<Halt> {
  const actor = readActor(message);
  if (!actor.ok) return actor;
  const { kind = 'halt', atMs } = fields(message);
  if (kind !== 'halt' && kind !== 'incident') return problem('expected `kind`, halt or incident');
  // Nobody can have halted in the future; how long ago it was is what the sender knows best.
  return value({ kind, ...actor.value, atMs: isWhole(atMs, 1, nowMs) ? atMs : nowMs });
}

export function readLimits(message: unknown): Read<{ limits: Limits; by: string }> {
  const { by, perScope, maxConcurrentVictims } = fields(message);
  if (!isText(by)) return problem('who is acting? send { "by": "name", "perScope": 1, "maxConcurrentVictims": 10 }');
  if (!isWhole(perScope, 1, 1_000)) return problem('expected `perScope`, a whole number from 1 to 1000');
  if (!isWhole(maxConcurrentVictims, 0, 100_000)) return problem('expected `maxConcurrentVictims`, a whole number from 0 to 100000');
  return value({ limits: { perScope, maxConcurrentVictims }, by: by.trim() });
}

/** A ledger's state as its predecessor left it, or what of it can be understood: a ledger that does not start helps nobody. */
export function readState(message: unknown): LedgerState {
  const known = fields(message) as Partial<LedgerState>;
  const fresh = newLedger();
  const list = <T>(items: T[] | undefined): T[] => (Array.isArray(items) ? items : []);
  const limits = readLimits({ by: 'predecessor', ...known.limits });
  const halt = readHalt(known.halt, Number.MAX_SAFE_INTEGER);
  return {
    limits: limits.ok ? limits.value.limits : fresh.limits,
    epoch: isWhole(known.epoch, 0, Number.MAX_SAFE_INTEGER) ? known.epoch : 0,
    holds: list(known.holds).filter((hold) => readRun(hold).ok),
    queue: list(known.queue).filter((waiter) => readRun(waiter).ok),
    coolDowns: list(known.coolDowns),
    ...(halt.ok && { halt: halt.value }),
    notes: list(known.notes),
  };
}
