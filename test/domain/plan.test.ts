import fc from 'fast-check';
import { resolveWaves, scaleTime } from '../../src/domain/plan.ts';
import { digestOf, makePlan } from '../../src/language/digest.ts';
import { readExperiment } from '../../src/language/read.ts';
import { BASE, edited } from '../language/base.ts';

const { experiment, document } = readExperiment(
  edited('{ name: single }', '{ name: single, hold: 90s, coolDown: 0s, selection: all, fault: { kind: process-pause } }'),
  'x.yaml',
);

test('a wave inherits what it leaves out', () => {
  expect(resolveWaves(experiment)).toEqual([
    {
      name: 'dry-run',
      dryRun: true,
      fault: experiment.fault,
      targets: experiment.targets,
      selection: { count: 1 },
      iterations: 1,
      gate: 'auto',
      baselineMs: 30_000,
      holdMs: 60_000,
      recoverWithinMs: 120_000,
      stableForMs: 10_000,
      coolDownMs: 300_000,
      stopEarly: false,
    },
    {
      name: 'single',
      dryRun: false,
      fault: { kind: 'process-pause' },
      targets: experiment.targets,
      selection: 'all',
      iterations: 1,
      gate: 'auto',
      baselineMs: 30_000,
      holdMs: 90_000,
      recoverWithinMs: 120_000,
      stableForMs: 10_000,
      coolDownMs: 0,
      stopEarly: false,
    },
  ]);
});

test('time scale 1 changes nothing', () => expect(scaleTime(experiment, 1)).toEqual(experiment));

test('policy durations shrink; sampling, time-outs, approvals and SLO windows do not', () => {
  const scaled = scaleTime(experiment, 0.1);
  expect(scaled.stopConditions[0]?.for).toBe(18_000);
  expect(scaled.remediation[0]?.when.for).toBe(12_000);
  expect(scaled.runbooks['restart']?.steps[0]?.verify?.within).toBe(6_000);
  expect(
    resolveWaves(scaled).map(({ baselineMs, holdMs, recoverWithinMs, stableForMs, coolDownMs }) => [
      baselineMs,
      holdMs,
      recoverWithinMs,
      stableForMs,
      coolDownMs,
    ]),
  ).toEqual([
    [3_000, 6_000, 12_000, 1_000, 30_000],
    [3_000, 9_000, 12_000, 1_000, 0],
  ]);
  for (const same of ['probes', 'slo', 'approvals', 'guard', 'windows', 'selection', 'steadyState', 'preconditions'] as const)
    expect(scaled[same]).toEqual(experiment[same]);
});

test('the original is left alone', () => {
  const before = structuredClone(experiment);
  fc.assert(fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), (factor) => void scaleTime(experiment, factor)));
  expect(experiment).toEqual(before);
});

describe('the digest', () => {
  test('is the same for YAML and for JSON with the keys in any other order', () => {
    const reversed = Object.fromEntries(Object.entries(document as object).reverse());
    expect(digestOf(reversed, 1, 1)).toBe(digestOf(document, 1, 1));
    expect(makePlan(reversed, 1, 1).digest).toMatch(/^[0-9a-f]{64}$/);
  });
  test('changes with anything that is run', () => {
    const { document: other } = readExperiment(BASE.replace('hold: 1m', 'hold: 61s'), 'x.yaml');
    const digests = [digestOf(document, 1, 1), digestOf(other, 1, 1), digestOf(document, 2, 1), digestOf(document, 1, 0.5)];
    expect(new Set(digests).size).toBe(4);
  });
});

test('a plan knows which faults must be undone', () =>
  expect(makePlan(document, 1, 1).reversible).toEqual({ 'process-kill': false, 'process-pause': true }));
