import type { Judgement } from './comparison/judgement.ts';
import { describeJudgement } from './comparison/judgement.ts';
import type { Injection } from './order.ts';
import type { Breach } from './stop-conditions.ts';
import type { Summary } from './summary.ts';
import { coverage } from './summary.ts';

/** How a run can end. `failed` says that the hypothesis was refuted; `error` says that we failed. */
export type Verdict = 'passed' | 'failed' | 'aborted' | 'inconclusive' | 'invalid' | 'void' | 'denied' | 'error';

/** A clause of the steady state that did not hold while it had to. */
export interface Violation {
  probe: string;
  tolerance: string;
  /** The value farthest out, or null when there was none to see. */
  worst: number | null;
  /** How many samples were outside. */
  count: number;
}

/** How an iteration's recovery ended. */
export type Recovery =
  | { kind: 'recovered'; inMs: number; withinMs: number; helpedBy: string[]; returnsInMs?: number[] }
  | { kind: 'not-recovered'; withinMs: number; helpedBy: string[]; outside: Violation[]; returnsInMs?: number[] }
  | { kind: 'not-needed' };

/** What is known of one iteration of a wave when it is over. */
export interface IterationFacts {
  wave: string;
  iteration: number;
  dryRun: boolean;
  /** Nothing was done, to learn the noise. */
  rehearsal?: boolean;
  injections: Injection[];
  /** What became of the order to set the traffic fence. Nobody is hit while that is not proven. Absent: none was asked for. */
  fence?: Injection;
  /** Who paused in the middle of it: it was undone early, and what it shows is at most that something broke. */
  interruptedBy?: string;
  /** Whether the guard saw the whole hold. */
  guard: 'held' | 'breached' | 'not-run';
  summaries: Record<string, Summary>;
  violations: Violation[];
  /** From the last injection to the end of the guard's watch; the hold was planned as `holdMs`. */
  faultMs: number;
  holdMs: number;
  recovery: Recovery;
}

/** What is known of a run when it is over. Everything that decides, and nothing else. */
export interface RunFacts {
  /** Refused before anything was touched. */
  denied?: string;
  /** The newest wave in which the canary's traffic was ordered to be changed: something may have happened there, although nobody was hit. */
  touchedIn?: string;
  /** An incident that has nothing to do with the experiment: nothing that was measured counts. */
  incident?: string;
  /** Stopped by a person. */
  aborted?: { by: string; reason: string };
  /** Stopped by a stop condition or by blindness. */
  breach?: Breach;
  /** A gate closed (precondition, window, policy in the middle of a wave) after something was touched. */
  gated?: string;
  /** A wave was denied by policy, or for want of evidence or error budget, after others had been run. Nothing of it happened, and nothing was refuted. */
  waveDenied?: string;
  /** Breakwater itself failed. */
  error?: string;
  /** Undos that did not succeed. */
  leftovers: string[];
  iterations: IterationFacts[];
  /** The newest judgement of each comparison and wave. */
  comparisons?: Judgement[];
  wavesPlanned: number;
  wavesDone: number;
}

/** A verdict with the rule that decided and the numbers that prove it. */
export interface Decision {
  verdict: Verdict;
  rule: string;
  reason: string;
}

/** Least share of answers with a value, per signal and fault window, below which nothing can be told. */
export const MIN_COVERAGE = 0.8;
/** Least share of the planned hold that the fault must have lasted under the guard's eyes. */
export const MIN_HOLD = 0.5;

type Rule = [name: string, decide: (facts: RunFacts) => Omit<Decision, 'rule'> | undefined];

const live = (facts: RunFacts): IterationFacts[] => facts.iterations.filter(({ dryRun }) => !dryRun);
/** The live ones that were meant to run to their end: an interrupted one is repeated. */
const whole = (facts: RunFacts): IterationFacts[] => live(facts).filter(({ interruptedBy }) => interruptedBy === undefined);
const place = ({ wave, iteration }: IterationFacts): string => `wave ${wave}, iteration ${iteration + 1}`;
const show = (value: number | null): string => (value === null ? 'no value' : String(Number(value.toPrecision(4))));
const seconds = (ms: number): string => `${Number((ms / 1_000).toFixed(2))} s`;

/** Why the traffic fence of an iteration is not in place; undefined when it is, or none was asked for. */
export const whyUnfenced = ({ fence }: Pick<IterationFacts, 'fence'>): string | undefined =>
  fence && !(fence.outcome === 'injected' && fence.effect.proven)
    ? `the traffic fence is not proven: ${fence.reason ?? fence.effect.evidence}`
    : undefined;

function unproven(facts: RunFacts): string | undefined {
  for (const iteration of whole(facts)) {
    const injected = iteration.injections.filter(({ outcome }) => outcome === 'injected');
    if (injected.length === 0) {
      const why = [whyUnfenced(iteration), ...iteration.injections.map(({ reason }) => reason)].filter(Boolean);
      return `${place(iteration)}: no fault was injected${why.length ? `: ${why.join('; ')}` : ''}`;
    }
    const missing = injected.find(({ effect }) => !effect.proven);
    if (missing) return `${place(iteration)}: the fault has no proven effect: ${missing.effect.evidence}`;
  }
  return undefined;
}

function lateRecovery(iteration: IterationFacts): string | undefined {
  const { recovery } = iteration;
  if (recovery.kind === 'not-needed') return undefined;
  const help = recovery.helpedBy.length ? ` (with the help of ${recovery.helpedBy.join(', ')})` : '';
  if (recovery.kind === 'recovered') {
    const isLate = recovery.inMs > recovery.withinMs;
    return isLate
      ? `${place(iteration)}: steady state was back after ${seconds(recovery.inMs)}${help}, promised within ${seconds(recovery.withinMs)}`
      : undefined;
  }
  const outside = recovery.outside.map(({ probe, worst, tolerance }) => `${probe} ${show(worst)}, not ${tolerance}`);
  return `${place(iteration)}: steady state was not back within ${seconds(recovery.withinMs)}${help}: ${outside.join('; ') || 'it did not hold long enough'}`;
}

/** After a stop the system must come back; when it is seen not to, that is the louder news. */
function unrecoveredAfterStop(facts: RunFacts): string | undefined {
  if (!facts.breach && !facts.aborted) return undefined;
  const worst = live(facts).find(
    ({ recovery }) => recovery.kind === 'not-recovered' && recovery.outside.some((violation) => violation.worst !== null),
  );
  if (!worst) return undefined;
  return `${facts.breach ? `stop condition: ${facts.breach.rule}` : `${facts.aborted?.by ?? 'somebody'} aborted`}; afterwards ${lateRecovery(worst) ?? 'steady state was not back'}`;
}

function refuted(facts: RunFacts): string | undefined {
  for (const iteration of live(facts)) {
    const [violation] = iteration.violations;
    if (violation)
      return `${place(iteration)}: ${violation.probe} was ${show(violation.worst)} at worst, ${violation.count} samples not ${violation.tolerance}`;
    const late = lateRecovery(iteration);
    if (late) return late;
  }
  return undefined;
}

function refutedByComparison({ comparisons = [] }: RunFacts): string | undefined {
  const found = comparisons.find(({ outcome }) => outcome === 'refuted');
  return found && `wave ${found.wave}: ${describeJudgement(found)}`;
}

function undecided({ comparisons = [] }: RunFacts): string | undefined {
  const found = comparisons.find(({ outcome, isFinal }) => outcome === 'undecided' && isFinal);
  return found && `wave ${found.wave}: ${describeJudgement(found)}`;
}

function unseen(facts: RunFacts): string | undefined {
  for (const iteration of whole(facts)) {
    const thin = Object.entries(iteration.summaries).find(([, summary]) => coverage(summary) < MIN_COVERAGE);
    if (thin)
      return `${place(iteration)}: ${thin[0]} answered ${thin[1].values} of ${thin[1].values + thin[1].problems} times with a value; ${MIN_COVERAGE * 100}% are needed`;
    if (iteration.guard !== 'held') return `${place(iteration)}: the guard did not see the whole hold`;
    if (iteration.recovery.kind === 'not-needed') return `${place(iteration)}: nobody looked whether steady state came back`;
    if (Object.keys(iteration.summaries).length === 0) return `${place(iteration)}: no samples of the fault window`;
    if (iteration.faultMs < iteration.holdMs * MIN_HOLD)
      return `${place(iteration)}: the fault was watched for ${seconds(iteration.faultMs)} of ${seconds(iteration.holdMs)}`;
  }
  if (whole(facts).length === 0) return 'nothing but dry runs: nothing was injected, so nothing was shown';
  if (whole(facts).every(({ rehearsal }) => rehearsal)) return 'nothing but rehearsals: nothing was done, so nothing was shown';
  if (facts.wavesDone < facts.wavesPlanned) return `${facts.wavesDone} of ${facts.wavesPlanned} waves were run`;
  return undefined;
}

function summary(facts: RunFacts): string {
  const iterations = whole(facts);
  const victims = iterations.flatMap(({ injections }) => injections).filter(({ outcome }) => outcome === 'injected').length;
  const slowest = Math.max(0, ...iterations.map(({ recovery }) => (recovery.kind === 'recovered' ? recovery.inMs : 0)));
  const held = (facts.comparisons ?? []).map((judgement) => `; ${describeJudgement(judgement)}`);
  return `${facts.wavesDone} waves, ${victims} proven faults, steady state held and was back after ${seconds(slowest)} at most${held.join('')}`;
}

const because = (verdict: Verdict, find: (facts: RunFacts) => string | undefined) => (facts: RunFacts) => {
  const reason = find(facts);
  return reason === undefined ? undefined : { verdict, reason };
};

/** In order of precedence: the first rule that has something to say decides. The safe side comes first, `passed` is what is left. */
export const RULES: readonly Rule[] = [
  [
    'leftovers',
    because('error', ({ leftovers }) =>
      leftovers.length ? `could not be undone, a person must look: ${leftovers.join('; ')}` : undefined,
    ),
  ],
  ['platform-error', because('error', ({ error }) => error)],
  ['denied', because('denied', ({ denied }) => denied)],
  ['unrelated-incident', because('void', ({ incident }) => incident)],
  ['not-recovered-after-stop', because('failed', unrecoveredAfterStop)],
  ['aborted-by-person', because('aborted', ({ aborted }) => aborted && `${aborted.by} aborted: ${aborted.reason}`)],
  ['guard-blind', because('aborted', ({ breach }) => (breach?.blind ? `the guard could not see: ${breach.rule}` : undefined))],
  ['stop-condition', because('aborted', ({ breach }) => breach && `stop condition: ${breach.rule}; it was ${show(breach.value)}`)],
  ['no-effect', because('invalid', unproven)],
  ['hypothesis-refuted', because('failed', refuted)],
  ['comparison-refuted', because('failed', refutedByComparison)],
  ['gate-closed', because('aborted', ({ gated }) => gated)],
  ['wave-denied', because('denied', ({ waveDenied }) => waveDenied)],
  ['comparison-undecided', because('inconclusive', undecided)],
  ['too-little-data', because('inconclusive', unseen)],
  ['held', because('passed', summary)],
];

/** The verdict: total, pure, first rule wins. */
export function decide(facts: RunFacts): Decision {
  for (const [rule, find] of RULES) {
    const found = find(facts);
    if (found) return { ...found, rule };
  }
  return { verdict: 'error', rule: 'no-rule', reason: 'no rule of the verdict applied: this is a bug of Breakwater' };
}

/**
 * Whether the next iteration may begin. A run whose verdict can no longer be `passed` hits nobody more: a refuted, unproven or
 * unseen wave is no ground for a larger one.
 */
export function mayGoOn(facts: RunFacts): boolean {
  const { verdict } = decide({ ...facts, iterations: facts.iterations.map(asIfReal), wavesDone: facts.wavesPlanned });
  return verdict === 'passed' || (verdict === 'inconclusive' && whole(facts).length === 0);
}

/** A rehearsal proves nothing, but it does not stand in the way of what comes after it. */
const asIfReal = ({ rehearsal: _rehearsal, ...facts }: IterationFacts): IterationFacts => facts;
