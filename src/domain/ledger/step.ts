import type { Halt } from '../run.ts';
import { answerTo, CHECK_EVERY_MS, grants, replyTo, settle } from './settle.ts';
import { MAX_QUEUE, type Answer, type Claim, type Hold, type LedgerState, type Limits, type Note, type Waiter } from './state.ts';

/** Everything that can happen to a ledger. */
export type LedgerEvent =
  | { kind: 'acquire'; claim: Claim }
  /** The wave is over; `hit` tells whether anybody was, so that the scopes must rest. */
  | { kind: 'leave'; holder: string; runId: string; wave: string; hit: boolean }
  | { kind: 'release'; holder: string; runId: string; hit: boolean }
  /** The holder is gone without a word. */
  | { kind: 'expire'; holder: string; runId: string; why: string }
  /** The holder runs: it is asked about again later. */
  | { kind: 'alive'; holder: string }
  | { kind: 'halt'; halt: Halt }
  | { kind: 'lift'; by: string }
  | { kind: 'limits'; limits: Limits; by: string }
  | { kind: 'tick' };

/** The ledger afterwards, and who must be told what. */
export interface Step {
  state: LedgerState;
  answers: Answer[];
}

const NOTES = 20;
const noted = (state: LedgerState, ...notes: Note[]): LedgerState => ({ ...state, notes: [...state.notes, ...notes].slice(-NOTES) });

/** Whoever is in the way of a halt hears of it as a refusal, with who, why and since when. */
export const describeHalt = ({ kind, by, reason, atMs }: Halt): string =>
  `${kind === 'incident' ? 'an incident' : 'a halt'} stands since ${new Date(atMs).toISOString()}: ${by}: ${reason}`;

/** Lets the scopes of a wave rest. */
function rest(state: LedgerState, { holder, scopes, wave }: Hold, nowMs: number): LedgerState {
  if (!wave || wave.coolDownMs <= 0) return state;
  const untilMs = nowMs + wave.coolDownMs;
  const longer = state.coolDowns.filter((one) => scopes.includes(one.scope) && one.untilMs >= untilMs).map(({ scope }) => scope);
  const fresh = scopes.filter((scope) => !longer.includes(scope)).map((scope) => ({ scope, untilMs, by: holder }));
  return { ...state, coolDowns: [...state.coolDowns.filter(({ scope }) => !fresh.some((one) => one.scope === scope)), ...fresh] };
}

function endWave(state: LedgerState, hold: Hold, hit: boolean, nowMs: number): LedgerState {
  const { wave, ...idle } = hold;
  if (!wave) return state;
  const left = { ...state, holds: state.holds.map((other) => (other === hold ? idle : other)) };
  return hit ? rest(left, hold, nowMs) : left;
}

function remove(state: LedgerState, holder: string, runId: string, hit: boolean, nowMs: number): LedgerState {
  const queue = state.queue.filter((waiter) => waiter.holder !== holder || waiter.runId !== runId);
  const hold = state.holds.find((one) => one.holder === holder && one.runId === runId);
  const ended = hold ? endWave(state, hold, hit, nowMs) : state;
  return { ...ended, queue, holds: ended.holds.filter((one) => one.holder !== holder || one.runId !== runId) };
}

/** Puts the claim into the queue, in the place that its holder had already; a hold that it outgrows ends its old wave first. */
function enqueue(state: LedgerState, claim: Claim, nowMs: number, checkAtMs: number): LedgerState {
  const hold = state.holds.find(({ holder }) => holder === claim.holder);
  // Another run id is a run that was reset in the middle of a wave: what it may have hit must rest.
  const isOther = hold?.wave !== undefined && (hold.wave.name !== claim.wave || hold.runId !== claim.runId);
  const ended = hold && isOther ? endWave(state, hold, true, nowMs) : state;
  const known = ended.queue.find(({ holder }) => holder === claim.holder);
  const waiter: Waiter = { ...claim, sinceMs: known?.sinceMs ?? nowMs, checkAtMs };
  return { ...ended, queue: known ? ended.queue.map((other) => (other === known ? waiter : other)) : [...ended.queue, waiter] };
}

/** Why a claim can never be granted; undefined: waiting may help. */
function whyNever(state: LedgerState, claim: Claim): string | undefined {
  if (state.halt) return describeHalt(state.halt);
  const { maxConcurrentVictims } = state.limits;
  if (claim.victims > maxConcurrentVictims)
    return `wave ${claim.wave} may hit ${claim.victims} victims at once; the environment allows ${maxConcurrentVictims} (lower blastRadius.maxConcurrent, or see \`breakwater ledger limits\`)`;
  const held = state.holds.find(({ holder }) => holder === claim.holder)?.scopes;
  if (held && (held.length !== claim.scopes.length || !held.every((scope) => claim.scopes.includes(scope))))
    return `the run holds ${held.join(', ')} and now claims ${claim.scopes.join(', ')}`;
  const isNew = !state.queue.some(({ holder }) => holder === claim.holder);
  return isNew && state.queue.length >= MAX_QUEUE ? `${MAX_QUEUE} runs wait already` : undefined;
}

function acquire(state: LedgerState, claim: Claim, nowMs: number, checkEveryMs: number): Step {
  const never = whyNever(state, claim);
  const hold = state.holds.find(({ holder, runId }) => holder === claim.holder && runId === claim.runId);
  if (never === undefined && hold?.wave?.name === claim.wave) return { state, answers: grants(state, [claim]) };
  const asked =
    never === undefined
      ? enqueue(state, claim, nowMs, nowMs + checkEveryMs)
      : { ...state, queue: state.queue.filter(({ holder }) => holder !== claim.holder) };
  const settled = settle(asked, nowMs, checkEveryMs);
  const answers = grants(settled.state, settled.granted);
  if (never !== undefined) answers.push(answerTo(claim, { kind: 'refused', reason: never }));
  else if (!answers.some(({ holder }) => holder === claim.holder)) answers.push(answerTo(claim, replyTo(claim, settled.waiting)));
  return { state: settled.state, answers };
}

/** What the event changes by itself, before anybody is granted anything. */
function change(state: LedgerState, event: Exclude<LedgerEvent, { kind: 'acquire' }>, nowMs: number, checkEveryMs: number): LedgerState {
  switch (event.kind) {
    case 'leave': {
      const hold = state.holds.find(
        ({ holder, runId, wave }) => holder === event.holder && runId === event.runId && wave?.name === event.wave,
      );
      return hold ? endWave(state, hold, event.hit, nowMs) : state;
    }
    case 'release':
      return remove(state, event.holder, event.runId, event.hit, nowMs);
    case 'expire': {
      const isKnown = [...state.holds, ...state.queue].some(({ holder, runId }) => holder === event.holder && runId === event.runId);
      return isKnown
        ? noted(remove(state, event.holder, event.runId, true, nowMs), {
            atMs: nowMs,
            text: `${event.holder} lost its place: ${event.why}`,
          })
        : state;
    }
    case 'alive': {
      const later = <T extends { holder: string; checkAtMs: number }>(one: T): T =>
        one.holder === event.holder ? { ...one, checkAtMs: nowMs + checkEveryMs } : one;
      return { ...state, holds: state.holds.map(later), queue: state.queue.map(later) };
    }
    case 'halt': {
      const { kind, by, reason } = event.halt;
      // Whoever waits is stopped, and would be in the way after the lift. The first halt stays: it tells since when.
      return noted({ ...state, queue: [], halt: state.halt ?? event.halt }, { atMs: nowMs, text: `${kind} by ${by}: ${reason}` });
    }
    case 'lift': {
      const { halt: _halt, ...rest } = state;
      return noted(rest, { atMs: nowMs, text: `lifted by ${event.by}` });
    }
    case 'limits': {
      const { perScope, maxConcurrentVictims } = event.limits;
      const text = `limits set by ${event.by}: ${perScope} per scope, ${maxConcurrentVictims} victims at once`;
      return noted({ ...state, limits: event.limits }, { atMs: nowMs, text });
    }
    case 'tick':
      return state;
  }
}

/** Those in the queue whom no waiting helps any more, after the cap was lowered. */
function hopeless(state: LedgerState): Waiter[] {
  return state.queue.filter(({ victims }) => victims > state.limits.maxConcurrentVictims);
}

/**
 * The ledger after an event. Pure and total; every event is safe to repeat.
 * @param nowMs epoch milliseconds; never smaller than in the step before
 */
export function step(state: LedgerState, event: LedgerEvent, nowMs: number, checkEveryMs = CHECK_EVERY_MS): Step {
  const current = { ...state, coolDowns: state.coolDowns.filter(({ untilMs }) => untilMs > nowMs) };
  if (event.kind === 'acquire') return acquire(current, event.claim, nowMs, checkEveryMs);
  const changed = change(current, event, nowMs, checkEveryMs);
  const lost = hopeless(changed);
  const settled = settle({ ...changed, queue: changed.queue.filter((waiter) => !lost.includes(waiter)) }, nowMs, checkEveryMs);
  const reason = `the environment now allows ${changed.limits.maxConcurrentVictims} victims at once`;
  const told = lost.map((claim) => answerTo(claim, { kind: 'refused', reason }));
  return { state: settled.state, answers: [...told, ...grants(settled.state, settled.granted)] };
}

/** When something happens by itself: a cool-down ends that somebody waits for, or somebody's life is in question. Undefined: never. */
export function nextWakeMs({ holds, queue, coolDowns }: LedgerState): number | undefined {
  const ends = coolDowns.filter(({ scope }) => queue.some(({ scopes }) => scopes.includes(scope))).map(({ untilMs }) => untilMs);
  const checks = [...holds, ...queue].map(({ checkAtMs }) => checkAtMs);
  return ends.length + checks.length === 0 ? undefined : Math.min(...ends, ...checks);
}

/** Who must be asked about. */
export const dueForCheck = ({ holds, queue }: LedgerState, nowMs: number): { holder: string; runId: string }[] =>
  [...holds, ...queue].filter(({ checkAtMs }) => checkAtMs <= nowMs).map(({ holder, runId }) => ({ holder, runId }));
