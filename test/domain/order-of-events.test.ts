import fc from 'fast-check';
import type { Experiment } from '../../src/domain/experiment/experiment.ts';
import { guardRules, newGuardState, observe, type GuardState } from '../../src/domain/guard.ts';
import { EXIT_CODES } from '../../src/domain/run.ts';
import type { Sample } from '../../src/domain/sample.ts';
import type { Breach } from '../../src/domain/stop-conditions.ts';
import { decide, RULES, type RunFacts } from '../../src/domain/verdict.ts';
import { dryRun, facts, failure, injected, iteration, judgement, noData, seen, skipped, unproven, value } from './facts.ts';

const experiment: Pick<Experiment, 'stopConditions' | 'steadyState' | 'guard'> = {
  stopConditions: [
    { probe: 'errors', above: 5, for: 2_000 },
    { probe: 'queue', aboveBaseline: 0.5, for: 0 },
  ],
  steadyState: [
    { probe: 'errors', tolerance: { atMost: 3 }, throughout: true },
    { probe: 'queue', tolerance: { below: 8 }, throughout: true },
    { probe: 'latency', tolerance: { between: [1, 6] }, throughout: true },
  ],
  guard: { maxBlind: 10_000, maxConsecutiveErrors: 3, maxSkew: 5_000, lease: 15_000 },
};
const rules = guardRules(experiment, { queue: 6 });
const WATCHED = ['errors', 'queue', 'latency'];

/** One round of answers of the same millisecond: at most one per signal. */
const answer = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 0, max: 10 }).map(
      (number) =>
        (probe: string, atMs: number): Sample =>
          value(probe, atMs, number),
    ),
  },
  { weight: 1, arbitrary: fc.constant(noData) },
  { weight: 1, arbitrary: fc.constant(failure) },
);
const rounds = fc.array(
  fc.tuple(
    fc.shuffledSubarray(WATCHED, { minLength: 1 }),
    fc.shuffledSubarray(WATCHED, { minLength: 3 }),
    fc.array(answer, { minLength: 3, maxLength: 3 }),
  ),
  { maxLength: 25 },
);

/** Feeds a guard to the end. @returns its state, and what it would have stopped for, by time and rule */
function feed(samples: readonly Sample[]): { state: GuardState; breaches: Breach[] } {
  let state = newGuardState(rules, 0);
  const breaches: Breach[] = [];
  for (const sample of samples) {
    const step = observe(state, rules, sample);
    state = step.state;
    if (step.breach) breaches.push(step.breach);
  }
  const key = ({ atMs, rule }: Breach): string => `${String(atMs).padStart(9, '0')} ${rule}`;
  return { state, breaches: breaches.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

test('which of the signals of the same instant is read first changes nothing that the guard knows', () =>
  fc.assert(
    fc.property(rounds, (all) => {
      const take = (inOrder: (probes: readonly string[], order: readonly string[]) => string[]): Sample[] =>
        all.flatMap(([probes, order, answers], i) =>
          inOrder(probes, order).map((probe) => answers[WATCHED.indexOf(probe)]!(probe, (i + 1) * 1_000)),
        );
      const asDrawn = feed(take((probes) => [...probes]));
      expect(feed(take((probes, order) => order.filter((probe) => probes.includes(probe))))).toEqual(asDrawn);
    }),
    { numRuns: 500 },
  ));

test('a signal that no rule is about changes nothing, whatever it answers', () =>
  fc.assert(
    fc.property(rounds, fc.array(fc.tuple(fc.nat(80), answer), { maxLength: 20 }), (all, extra) => {
      const samples = all.flatMap(([probes, , answers], i) =>
        probes.map((probe) => answers[WATCHED.indexOf(probe)]!(probe, (i + 1) * 1_000)),
      );
      const more = [...samples];
      for (const [at, make] of extra) more.splice(Math.min(at, more.length), 0, make('weather', at * 500));
      expect(feed(more)).toEqual(feed(samples));
    }),
    { numRuns: 500 },
  ));

const violation = (probe: string) => ({ probe, tolerance: '≤ 1', worst: 2, count: 1 });
const someFacts = fc
  .record({
    injections: fc.array(fc.constantFrom(injected, injected, unproven, skipped), { minLength: 1, maxLength: 4 }),
    violations: fc.subarray([violation('a'), violation('b')]),
    thin: fc.boolean(),
    comparisons: fc.array(
      fc.constantFrom('holds' as const, 'refuted' as const, 'undecided' as const).map((outcome) => judgement({ outcome })),
      {
        maxLength: 3,
      },
    ),
    ending: fc.constantFrom<Partial<RunFacts>>(
      {},
      { gated: 'window' },
      { waveDenied: 'evidence' },
      { leftovers: ['x', 'y'] },
      { error: 'e' },
    ),
  })
  .map(({ injections, violations, thin, comparisons, ending }) => {
    const summaries = { errors: thin ? { ...seen, values: 1, problems: 9 } : seen, queue: seen };
    return facts({ iterations: [dryRun, iteration({ injections, violations, summaries })], comparisons, ...ending });
  });

test('the verdict does not depend on the order in which victims answered, signals were listed or comparisons were judged', () =>
  fc.assert(
    fc.property(someFacts, (some) => {
      const turned: RunFacts = {
        ...some,
        comparisons: [...(some.comparisons ?? [])].reverse(),
        iterations: some.iterations.map((one) => ({
          ...one,
          injections: [...one.injections].reverse(),
          violations: [...one.violations].reverse(),
          summaries: Object.fromEntries(Object.entries(one.summaries).reverse()),
        })),
      };
      const [a, b] = [decide(some), decide(turned)];
      expect([b.verdict, b.rule]).toEqual([a.verdict, a.rule]);
    }),
  ));

test('the verdict is one of eight, by a rule of the table, with a reason', () =>
  fc.assert(
    fc.property(someFacts, (some) => {
      const { verdict, rule, reason } = decide(some);
      expect(Object.keys(EXIT_CODES)).toContain(verdict);
      expect(RULES.map(([name]) => name)).toContain(rule);
      expect(reason).not.toBe('');
    }),
  ));
