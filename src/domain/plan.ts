import type { Experiment, Wave } from './experiment/experiment.ts';
import type { BudgetRule, EvidenceRule, Selection } from './experiment/waves.ts';
import type { Spec } from './order.ts';

/** What a run executes: an experiment that was parsed, scaled and digested once. */
export interface Plan {
  experiment: Experiment;
  /** SHA-256 over the canonical document, seed and time scale; approvals are bound to it. */
  digest: string;
  seed: number;
  /** Every policy duration was multiplied by this; 1 is real time. */
  timeScale: number;
  /** Per fault kind in use: whether it must be undone. */
  reversible: Record<string, boolean>;
}

/** A wave with nothing left to inherit. Durations in milliseconds. */
export interface WavePlan {
  name: string;
  dryRun: boolean;
  fault: Spec;
  targets: Spec;
  selection: Selection;
  iterations: number;
  /** Ends after the iteration with which all comparisons have shown no relevant harm. */
  stopEarly: boolean;
  gate: 'auto' | 'approval';
  /** What earlier runs must have shown. */
  requires?: EvidenceRule;
  /** What it may cost of an error budget. */
  budget?: BudgetRule;
  baselineMs: number;
  holdMs: number;
  recoverWithinMs: number;
  stableForMs: number;
  coolDownMs: number;
}

/** Fills what the wave leaves out from the experiment. */
export const resolveWave = (experiment: Experiment, wave: Wave): WavePlan => ({
  name: wave.name,
  dryRun: wave.dryRun,
  fault: wave.fault ?? experiment.fault,
  targets: wave.targets ?? experiment.targets,
  selection: wave.selection ?? experiment.selection,
  iterations: wave.iterations,
  stopEarly: wave.stopEarly,
  gate: wave.gate,
  ...(wave.requires && { requires: wave.requires }),
  ...(wave.budget && { budget: wave.budget }),
  baselineMs: wave.baseline ?? experiment.timing.baseline,
  holdMs: wave.hold ?? experiment.timing.hold,
  recoverWithinMs: wave.recoverWithin ?? experiment.timing.recoverWithin,
  stableForMs: wave.stableFor ?? experiment.timing.stableFor,
  coolDownMs: wave.coolDown ?? experiment.blastRadius.coolDown,
});

/** All waves of an experiment, resolved. */
export const resolveWaves = (experiment: Experiment): WavePlan[] => experiment.waves.map((wave) => resolveWave(experiment, wave));

/**
 * Multiplies every policy duration (baseline, hold, `for`, recovery, cool-down, verification) by `factor`,
 * so that minutes pass in seconds. Sampling intervals, time-outs, approval times and SLO windows stay as they are:
 * scaled, they would measure something else.
 * @param factor 0 < factor ≤ 1
 */
export function scaleTime(experiment: Experiment, factor: number): Experiment {
  if (factor === 1) return experiment;
  const scale = (ms: number): number => Math.round(ms * factor);
  const scaleAll = <T extends object>(value: T, keys: readonly (keyof T)[]): T =>
    keys.reduce((copy, key) => (typeof copy[key] === 'number' ? { ...copy, [key]: scale(copy[key]) } : copy), value);
  return {
    ...experiment,
    timing: scaleAll(experiment.timing, ['baseline', 'hold', 'recoverWithin', 'stableFor']),
    blastRadius: scaleAll(experiment.blastRadius, ['coolDown']),
    waves: experiment.waves.map((wave) => scaleAll(wave, ['baseline', 'hold', 'recoverWithin', 'stableFor', 'coolDown'])),
    stopConditions: experiment.stopConditions.map((condition) => scaleAll(condition, ['for'])),
    remediation: experiment.remediation.map((entry) => ({ ...entry, when: scaleAll(entry.when, ['for']) })),
    runbooks: Object.fromEntries(
      Object.entries(experiment.runbooks).map(([name, runbook]) => [
        name,
        { ...runbook, steps: runbook.steps.map((step) => (step.verify ? { ...step, verify: scaleAll(step.verify, ['within']) } : step)) },
      ]),
    ),
  };
}
