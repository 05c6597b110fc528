import type { RemediationTrigger, SteadyStateClause } from './experiment/conditions.ts';
import type { Sample } from './sample.ts';
import { newStreak, watch, type StreakState } from './stop-conditions.ts';
import { describeTolerance, isWithin } from './tolerance.ts';
import type { Violation } from './verdict.ts';

/** What recovery waits for, and what calls for help meanwhile. */
export interface RecoveryRules {
  clauses: Pick<SteadyStateClause, 'probe' | 'tolerance'>[];
  triggers: RemediationTrigger[];
  stableForMs: number;
}

/** Small and JSON: survives a crash of the activity. */
export interface RecoveryState {
  /** Per clause: since when it has held, epoch milliseconds; null while it does not. */
  heldSinceMs: (number | null)[];
  lastValues: Record<string, number | null>;
  streaks: StreakState[];
}

export const newRecoveryState = (rules: RecoveryRules): RecoveryState => ({
  heldSinceMs: rules.clauses.map(() => null),
  lastValues: {},
  streaks: rules.triggers.map(() => newStreak),
});

/** What one sample brought: nothing yet, steady state (since when), or a call for the runbook of trigger `index`. */
export type RecoveryStep =
  { kind: 'waiting' } | { kind: 'recovered'; sinceMs: number } | { kind: 'triggered'; index: number; rule: string };

/** Takes one sample. An answer without a value ends a clause's streak: no data is not steady. */
export function observeRecovery(state: RecoveryState, rules: RecoveryRules, sample: Sample): { state: RecoveryState; step: RecoveryStep } {
  const { measurement, atMs, probe } = sample;
  const heldSinceMs = rules.clauses.map((clause, i) => {
    if (clause.probe !== probe) return state.heldSinceMs[i] ?? null;
    if (measurement.kind !== 'value' || !isWithin(clause.tolerance, measurement.value)) return null;
    return state.heldSinceMs[i] ?? atMs;
  });
  let fired: { index: number; rule: string } | undefined;
  const streaks = rules.triggers.map((trigger, index) => {
    const streak = state.streaks[index] ?? newStreak;
    if (trigger.probe !== probe) return streak;
    const seen = watch(streak, { condition: trigger }, sample);
    if (seen.breach) fired ??= { index, rule: seen.breach.rule };
    return seen.state;
  });
  const lastValues = { ...state.lastValues, [probe]: measurement.kind === 'value' ? measurement.value : null };
  const next = { heldSinceMs, lastValues, streaks };
  if (fired) return { state: next, step: { kind: 'triggered', ...fired } };
  const sinceMs = heldSinceMs.reduce<number | null>(
    (latest, since) => (latest === null || since === null ? null : Math.max(latest, since)),
    0,
  );
  const isStable = sinceMs !== null && atMs - sinceMs >= rules.stableForMs;
  return { state: next, step: isStable ? { kind: 'recovered', sinceMs } : { kind: 'waiting' } };
}

/** The clauses that do not hold now, for the verdict's reason. */
export const outsideNow = (state: RecoveryState, rules: RecoveryRules): Violation[] =>
  rules.clauses.flatMap(({ probe, tolerance }, i) =>
    (state.heldSinceMs[i] ?? null) === null
      ? [{ probe, tolerance: describeTolerance(tolerance), worst: state.lastValues[probe] ?? null, count: 1 }]
      : [],
  );
