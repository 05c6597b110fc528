import type { StopCondition } from './experiment/conditions.ts';
import type { Sample } from './sample.ts';

/** A stop condition whose baseline is known: what the guard watches. */
export interface WatchedCondition {
  condition: StopCondition;
  /** Median of the wave's baseline, for the conditions that compare with it. */
  baseline?: number;
}

/** What must survive a crash of the guard, per condition. Small and JSON. */
export interface StreakState {
  /** Since when the condition has held without interruption, epoch milliseconds. */
  sinceMs?: number;
  errors: number;
}

/** Why the run must stop. */
export interface Breach {
  probe: string;
  /** `payment-errors > 0.001 for 9 s` */
  rule: string;
  value: number | null;
  limit: number | null;
  /** The sample that completed the breach, epoch milliseconds. */
  atMs: number;
  /** True when it was not the system that failed but our sight of it. */
  blind: boolean;
  /** True when the condition tells of an incident that has nothing to do with the experiment. */
  incident?: boolean;
}

export const newStreak: StreakState = { errors: 0 };

const seconds = (ms: number): string => (ms > 0 ? ` for ${ms / 1_000} s` : '');

/** The number that a value is compared with; undefined when there is none (no baseline, error count). */
export function limitOf({ condition, baseline }: WatchedCondition): number | undefined {
  const delta = condition.minDelta ?? 0;
  if (condition.above !== undefined) return condition.above;
  if (condition.below !== undefined) return condition.below;
  if (baseline === undefined) return undefined;
  if (condition.aboveBaseline !== undefined) return baseline + Math.max(Math.abs(baseline) * condition.aboveBaseline, delta);
  if (condition.belowBaseline !== undefined) return baseline - Math.max(Math.abs(baseline) * condition.belowBaseline, delta);
  return undefined;
}

/** Whether the condition watches for values above its limit (otherwise below). */
export const isUpper = ({ above, aboveBaseline }: StopCondition): boolean => above !== undefined || aboveBaseline !== undefined;

/** The rule in words, for events and people. */
export function describeCondition(watched: WatchedCondition): string {
  const { condition } = watched;
  if (condition.consecutiveErrors !== undefined) return `${condition.probe} failed ${condition.consecutiveErrors} times in a row`;
  const limit = limitOf(watched);
  return `${condition.probe} ${isUpper(condition) ? '>' : '<'} ${limit === undefined ? 'unknown baseline' : round(limit)}${seconds(condition.for)}`;
}

const round = (value: number): number => Number(value.toPrecision(6));

/**
 * Takes one sample of the condition's probe.
 * A sample without a value neither feeds nor breaks a streak: not seeing is no proof of health. The streak completes only on a
 * value that still violates; blindness is a stop condition of its own.
 */
export function watch(state: StreakState, watched: WatchedCondition, sample: Sample): { state: StreakState; breach?: Breach } {
  const { condition } = watched;
  const { measurement, atMs } = sample;
  if (measurement.kind !== 'value') {
    const errors = state.errors + 1;
    const limit = condition.consecutiveErrors;
    const next = { ...state, errors };
    if (limit === undefined || errors < limit) return { state: next };
    return {
      state: next,
      breach: { probe: sample.probe, rule: `${describeCondition(watched)}: ${measurement.reason}`, value: null, limit, atMs, blind: true },
    };
  }
  const limit = limitOf(watched);
  const isBad = limit !== undefined && !(isUpper(condition) ? measurement.value <= limit : measurement.value >= limit); // not a number is no sign of health
  if (!isBad) return { state: { errors: 0 } };
  const sinceMs = state.sinceMs ?? atMs;
  const next = { errors: 0, sinceMs };
  if (atMs - sinceMs < condition.for) return { state: next };
  return {
    state: next,
    breach: {
      probe: sample.probe,
      rule: describeCondition(watched),
      value: measurement.value,
      limit,
      atMs,
      blind: false,
      ...(condition.incident && { incident: true }),
    },
  };
}
