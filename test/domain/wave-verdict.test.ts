import fc from 'fast-check';
import { waveVerdicts } from '../../src/domain/wave-verdict.ts';
import type { RunFacts } from '../../src/domain/verdict.ts';
import { breach, dryRun, facts, iteration, unproven } from './facts.ts';

const spec = { fault: { kind: 'process-kill' }, targets: { kind: 'process' } };
const waves = [
  { name: 'dry-run', dryRun: true, ...spec },
  { name: 'canary', dryRun: false, ...spec },
  { name: 'stress', dryRun: false, ...spec },
];
const canary = iteration({ wave: 'canary' });
const late = { kind: 'recovered' as const, inMs: 3_000, withinMs: 2_000, helpedBy: [] };
const of = (change: Partial<RunFacts>) => waveVerdicts(facts({ wavesPlanned: 3, ...change }), waves);

test('a wave that was done keeps its verdict, whatever became of the next', () => {
  const two = [dryRun, canary, iteration({ wave: 'stress', guard: 'breached' })];
  expect(of({ iterations: two, wavesDone: 2, breach })).toMatchObject([
    { wave: 'canary', verdict: 'passed', rule: 'held', recovered: 1, of: 1, rehearsal: false, ...spec },
    { wave: 'stress', verdict: 'aborted', rule: 'stop-condition' },
  ]);
  for (const change of [{ waveDenied: 'not earned' }, { gated: 'window' }, { aborted: { by: 'ada', reason: 'x' } }, { error: 'broken' }])
    expect(of({ iterations: [dryRun, canary], wavesDone: 2, ...change })).toMatchObject([{ wave: 'canary', verdict: 'passed' }]);
});

test('nothing is a pass that was cut short, unproven, rehearsed, or in an incident', () => {
  const verdictOf = (change: Partial<RunFacts>) => of(change)[0]?.verdict;
  expect(verdictOf({ iterations: [dryRun, canary], wavesDone: 1, gated: 'window' })).toBe('aborted');
  expect(verdictOf({ iterations: [dryRun, canary], wavesDone: 1 })).toBe('inconclusive');
  expect(verdictOf({ iterations: [dryRun, iteration({ wave: 'canary', injections: [unproven] })], wavesDone: 1 })).toBe('invalid');
  expect(verdictOf({ iterations: [dryRun, canary], wavesDone: 2, incident: 'a region is down' })).toBe('void');
  expect(verdictOf({ iterations: [dryRun, canary], wavesDone: 2, leftovers: ['a pause'] })).toBe('error');
  expect(of({ iterations: [dryRun, iteration({ wave: 'canary', rehearsal: true })], wavesDone: 2 })).toMatchObject([
    { verdict: 'inconclusive', rehearsal: true },
  ]);
  expect(of({ iterations: [dryRun], wavesDone: 1 })).toEqual([]);
});

test('recoveries are counted, late ones as failures, interrupted ones only when they failed', () => {
  const iterations = [
    dryRun,
    canary,
    iteration({ wave: 'canary', iteration: 1, interruptedBy: 'bob' }),
    iteration({ wave: 'canary', iteration: 2, interruptedBy: 'bob', recovery: late }),
    iteration({ wave: 'canary', iteration: 3, recovery: late }),
    iteration({ wave: 'canary', iteration: 4, recovery: { kind: 'not-needed' } }),
  ];
  expect(of({ iterations, wavesDone: 1 })).toMatchObject([{ recovered: 1, of: 3, verdict: 'failed' }]);
});

test('a run that passed consists of waves that passed, and one wave alone is judged as the run', () => {
  const recoveries = fc.constantFrom(canary.recovery, late);
  fc.assert(
    fc.property(fc.array(recoveries, { minLength: 1, maxLength: 4 }), (each) => {
      const iterations = [dryRun, ...each.map((recovery, i) => iteration({ wave: 'canary', iteration: i, recovery }))];
      const isGood = each.every((recovery) => recovery !== late);
      const [verdict] = of({ iterations, wavesDone: isGood ? 2 : 1 });
      expect(verdict).toMatchObject({ verdict: isGood ? 'passed' : 'failed', of: each.length });
    }),
  );
});
