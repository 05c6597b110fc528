import type { Judgement } from '../../src/domain/comparison/judgement.ts';
import type { Injection } from '../../src/domain/order.ts';
import type { Sample } from '../../src/domain/sample.ts';
import type { Breach } from '../../src/domain/stop-conditions.ts';
import type { IterationFacts, RunFacts } from '../../src/domain/verdict.ts';

export const value = (probe: string, atMs: number, number: number): Sample => ({
  probe,
  atMs,
  measurement: { kind: 'value', value: number },
});
export const noData = (probe: string, atMs: number): Sample => ({ probe, atMs, measurement: { kind: 'no-data', reason: 'empty' } });
export const failure = (probe: string, atMs: number): Sample => ({ probe, atMs, measurement: { kind: 'error', reason: 'refused' } });

export const injected: Injection = { outcome: 'injected', atMs: 1_000, effect: { proven: true, evidence: 'ended' } };
export const unproven: Injection = { outcome: 'injected', atMs: 1_000, effect: { proven: false, evidence: 'it lives' } };
export const skipped: Injection = {
  outcome: 'skipped',
  reason: 'it was replaced',
  atMs: 1_000,
  effect: { proven: false, evidence: 'not touched' },
};
export const breach: Breach = { probe: 'errors', rule: 'errors > 0.001 for 3 s', value: 0.2, limit: 0.001, atMs: 5_000, blind: false };

export const seen = { values: 10, problems: 0, min: 0, max: 1, mean: 0.5, last: 0 };

/** A judgement that could not decide. */
export const judgement = (change: Partial<Judgement> = {}): Judgement => ({
  ...{ probe: 'latency', design: 'before-after', wave: 'single', outcome: 'undecided', isFinal: true },
  ...{ shift: 60, low: 40, high: 90, effect: 50, delta: 0.8, p: 0.2, detectable: 30 },
  evidence: { harm: 1, none: 1 },
  alpha: { look: 0, end: 0.01 },
  batches: { reference: 8, treated: 8, length: 10, gap: 5 },
  ...change,
});

export const iteration = (change: Partial<IterationFacts> = {}): IterationFacts => ({
  wave: 'single',
  iteration: 0,
  dryRun: false,
  injections: [injected],
  guard: 'held',
  summaries: { errors: seen },
  violations: [],
  faultMs: 10_000,
  holdMs: 10_000,
  recovery: { kind: 'recovered', inMs: 500, withinMs: 2_000, helpedBy: [] },
  ...change,
});

export const dryRun = iteration({
  wave: 'dry-run',
  dryRun: true,
  injections: [],
  summaries: {},
  guard: 'not-run',
  recovery: { kind: 'not-needed' },
});

export const facts = (change: Partial<RunFacts> = {}): RunFacts => ({
  leftovers: [],
  iterations: [dryRun, iteration()],
  wavesPlanned: 2,
  wavesDone: 2,
  ...change,
});
