import type { PlanResult } from '../../src/client.ts';
import { worthLines } from '../../src/cli/worth-view.ts';
import { makePlan } from '../../src/language/digest.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

const counter = { kind: 'http', url: 'http://127.0.0.1:9/n', read: { jsonPath: '$.n' } };
const plan = makePlan(
  experimentDocument({
    slo: { payments: { objective: '99.9%', good: counter, total: counter } },
    waves: [
      { name: 'dry-run', dryRun: true },
      { name: 'canary' },
      { name: 'stress', requires: { wave: 'canary' }, budget: { slo: 'payments', expectedCost: '5%', keep: '20%' } },
    ],
  }),
  1,
  1,
);
type Valid = Extract<PlanResult, { valid: true }>;
const evidence = {
  rule: { wave: 'canary', passed: 3, within: 86_400_000 },
  passed: 3,
  recovered: 3,
  of: 3,
  lowerBound: 0.29,
  missing: [],
  discarded: [],
};
const worth = { wave: 'stress', evidence, cost: 0.05, costFrom: 'the experiment', missing: [] };

const lines = (remaining: number | undefined, reserved: number | undefined, changes: Partial<Valid> = {}): string => {
  const answers = remaining === undefined ? {} : { 'payments.budget-remaining': { kind: 'value' as const, value: remaining } };
  const result: Valid = { valid: true, plan, gates: { open: true }, preview: { waves: [], answers }, worth: [worth], ...changes };
  return worthLines(result, reserved === undefined ? undefined : { payments: reserved }, (_colour, text) => text).join('\n');
};

test('what was earned, what it costs and what is left are told with their numbers', () =>
  expect(lines(0.6, 0.1)).toBe(
    '\nEarned by the records\n  stress  wave canary passed in 3 of 3 runs within 1 d, recovered in time in 3 of 3, 29% at least; expected cost: 5% of the error budget of payments, from the experiment; 60% is left, 10% reserved by other runs',
  ));

test('what others have reserved can make the wave too dear; what cannot be told is said', () => {
  expect(lines(0.3, 0.1)).toContain(
    'would not be run: the error budget of payments has 30% left, 10% of it reserved by other runs; the wave is expected to cost 5%, and 20% must be left',
  );
  for (const unknown of [lines(undefined, 0.1), lines(0.6, undefined), lines(0.6, 0.1, { preview: { unavailable: 'nobody' } })])
    expect(unknown).toContain('whether it can be afforded cannot be told now');
});

test('missing evidence is told with what did not count; text from outside cannot paint the terminal', () => {
  const missing = ['wave canary passed in 1 of the 3 runs\u001b[2J'];
  const shown = lines(0.6, 0, { worth: [{ ...worth, evidence: { ...evidence, missing, discarded: ['2 a rehearsal'] }, missing }] });
  expect(shown).toContain('would not be run: wave canary passed in 1 of the 3 runs; not counted: 2 a rehearsal');
});

test('a plan that asks for nothing, and a worker that says nothing, have no lines', () => {
  expect(lines(0.6, 0, { worth: [] })).toBe('');
  const { worth: _none, ...old } = { valid: true as const, plan, gates: { open: true as const }, preview: { unavailable: '' }, worth: [] };
  expect(worthLines(old, undefined, (_colour, text) => text)).toEqual([]);
});
