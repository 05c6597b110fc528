import type { SteadyStateClause, StopCondition } from './experiment/conditions.ts';
import type { Experiment } from './experiment/experiment.ts';
import type { Sample } from './sample.ts';
import { newStreak, watch, type Breach, type StreakState, type WatchedCondition } from './stop-conditions.ts';
import { emptySummary, summarise, type Summary } from './summary.ts';
import { describeTolerance, distance, isWithin } from './tolerance.ts';
import type { Violation } from './verdict.ts';

/** What a guard watches for. */
export interface GuardRules {
  conditions: WatchedCondition[];
  /** Clauses that must hold during the fault. */
  throughout: SteadyStateClause[];
  /** The signals without which it is blind. */
  watched: string[];
  maxBlindMs: number;
}

/** All that a guard knows: small, JSON, and enough for the next attempt to go on after a crash. */
export interface GuardState {
  streaks: StreakState[];
  summaries: Record<string, Summary>;
  violations: Violation[];
  /** Newest value per watched signal, epoch milliseconds. */
  lastValueMs: Record<string, number>;
}

/** The rules of one wave. Every watched signal gets an error limit of its own, so that no stop condition can go blind unnoticed. */
export function guardRules(
  experiment: Pick<Experiment, 'stopConditions' | 'steadyState' | 'guard'>,
  medians: Record<string, number>,
): GuardRules {
  const throughout = experiment.steadyState.filter((clause) => clause.throughout);
  const watched = [...new Set([...experiment.stopConditions, ...throughout].map(({ probe }) => probe))];
  const hasErrorLimit = (name: string) =>
    experiment.stopConditions.some(({ probe, consecutiveErrors }) => probe === name && consecutiveErrors !== undefined);
  const errorLimits = watched
    .filter((probe) => !hasErrorLimit(probe))
    .map((probe): StopCondition => ({ probe, for: 0, consecutiveErrors: experiment.guard.maxConsecutiveErrors }));
  const withBaseline = (condition: StopCondition): WatchedCondition => {
    const baseline = medians[condition.probe];
    return baseline === undefined ? { condition } : { condition, baseline };
  };
  return {
    conditions: [...experiment.stopConditions, ...errorLimits].map(withBaseline),
    throughout,
    watched,
    maxBlindMs: experiment.guard.maxBlind,
  };
}

/** A guard that has seen nothing. `nowMs` starts the clock of its blindness. */
export const newGuardState = (rules: GuardRules, nowMs: number): GuardState => ({
  streaks: rules.conditions.map(() => newStreak),
  summaries: Object.fromEntries(rules.watched.map((name) => [name, emptySummary])),
  violations: [],
  lastValueMs: Object.fromEntries(rules.watched.map((name) => [name, nowMs])),
});

/** Takes one sample; the first breach wins, but an incident wins over what it may have caused. */
export function observe(state: GuardState, rules: GuardRules, sample: Sample): { state: GuardState; breach?: Breach } {
  let breach: Breach | undefined;
  const streaks = rules.conditions.map((watched, i) => {
    const streak = state.streaks[i] ?? newStreak;
    if (watched.condition.probe !== sample.probe) return streak;
    const seen = watch(streak, watched, sample);
    if (seen.breach && (!breach || (seen.breach.incident && !breach.incident))) breach = seen.breach;
    return seen.state;
  });
  const next = note({ ...state, streaks }, rules, sample);
  return breach ? { state: next, breach } : { state: next };
}

function note(state: GuardState, rules: GuardRules, { probe, atMs, measurement }: Sample): GuardState {
  if (!rules.watched.includes(probe)) return state;
  const summaries = { ...state.summaries, [probe]: summarise(state.summaries[probe] ?? emptySummary, measurement) };
  if (measurement.kind !== 'value') return { ...state, summaries };
  const { value } = measurement;
  const broken = rules.throughout.filter((clause) => clause.probe === probe && !isWithin(clause.tolerance, value));
  const violations = broken.reduce((all, clause) => addViolation(all, clause, value), state.violations);
  return { ...state, summaries, violations, lastValueMs: { ...state.lastValueMs, [probe]: atMs } };
}

/** In an order of their own: which signal of the same instant was read first is chance, and must not show. */
function addViolation(all: Violation[], { probe, tolerance }: SteadyStateClause, value: number): Violation[] {
  const text = describeTolerance(tolerance);
  const old = all.find((violation) => violation.probe === probe && violation.tolerance === text);
  const isWorse = typeof old?.worst !== 'number' || distance(tolerance, value) > distance(tolerance, old.worst);
  const worst = isWorse ? value : (old?.worst ?? value);
  const next = { probe, tolerance: text, worst, count: (old?.count ?? 0) + 1 };
  return [...all.filter((violation) => violation !== old), next].sort(byName);
}

function byName(a: Violation, b: Violation): number {
  const [one, other] = [JSON.stringify([a.probe, a.tolerance]), JSON.stringify([b.probe, b.tolerance])];
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Whether some watched signal has given no value for too long: a crash, a hang, a silent source. */
export function findBlindness(state: GuardState, rules: GuardRules, nowMs: number): Breach | undefined {
  for (const probe of rules.watched) {
    const gapMs = nowMs - (state.lastValueMs[probe] ?? 0);
    if (gapMs > rules.maxBlindMs)
      return {
        probe,
        rule: `${probe} gave no value for ${(gapMs / 1_000).toFixed(1)} s (maxBlind ${rules.maxBlindMs / 1_000} s)`,
        value: null,
        limit: null,
        atMs: nowMs,
        blind: true,
      };
  }
  return undefined;
}

/** Nothing was seen for this long although no clock of the watch shows it: the machine slept. */
export const missTime = (state: GuardState, ms: number): GuardState => ({
  ...state,
  lastValueMs: Object.fromEntries(Object.entries(state.lastValueMs).map(([probe, atMs]) => [probe, atMs - ms])),
});

/**
 * Whether the clock of this attempt's worker is behind the one that watched before, so far that no gap could be reckoned.
 * A clock that is ahead needs no rule: the gap only looks longer than it was.
 */
export function findClockBehind(state: GuardState, nowMs: number, maxSkewMs: number): Breach | undefined {
  const [probe, atMs] = Object.entries(state.lastValueMs).find(([, lastMs]) => lastMs > nowMs + maxSkewMs) ?? [];
  if (probe === undefined || atMs === undefined) return undefined;
  const rule = `the clock of this worker is ${((atMs - nowMs) / 1_000).toFixed(1)} s behind the one that watched before (maxSkew ${maxSkewMs / 1_000} s)`;
  return { probe, rule, value: null, limit: null, atMs: nowMs, blind: true };
}

/** Whether every watched signal has given a value: only then may a fault be injected. */
export const isSeeing = (state: GuardState, rules: GuardRules): boolean =>
  rules.watched.every((name) => (state.summaries[name]?.values ?? 0) > 0);
