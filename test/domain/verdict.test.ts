import fc from 'fast-check';
import { decide, mayGoOn, RULES, type IterationFacts, type Recovery, type RunFacts } from '../../src/domain/verdict.ts';
import { EXIT_CODES } from '../../src/domain/run.ts';
import { exitCodeOf } from '../../src/client.ts';
import { breach, dryRun, facts, injected, iteration, judgement, seen, skipped, unproven } from './facts.ts';

const violation = { probe: 'errors', tolerance: '≤ 0.001', worst: 0.2, count: 3 };
const notRecovered: Recovery = {
  kind: 'not-recovered',
  withinMs: 2_000,
  helpedBy: ['scale-workers'],
  outside: [{ ...violation, count: 1 }],
};
const unseenRecovery: Recovery = {
  kind: 'not-recovered',
  withinMs: 2_000,
  helpedBy: [],
  outside: [{ ...violation, worst: null, count: 1 }],
};
const person = { by: 'ada', reason: 'coffee' };
const live = (change: Partial<IterationFacts>): Partial<RunFacts> => ({ iterations: [dryRun, iteration(change)] });

const table: [rule: string, verdict: string, change: Partial<RunFacts>, reason: RegExp][] = [
  ['leftovers', 'error', { leftovers: ['process-pause on worker-1'] }, /a person must look: process-pause on worker-1/],
  ['platform-error', 'error', { error: 'the records are gone' }, /records/],
  ['denied', 'denied', { denied: 'no window', iterations: [], wavesDone: 0 }, /no window/],
  [
    'denied',
    'denied',
    { denied: 'region-alerts (no incident: ≤ 0): last value 2', incident: 'later', iterations: [], wavesDone: 0 },
    /^region-alerts/,
  ],
  ['unrelated-incident', 'void', { incident: 'a region is down', aborted: person, ...live({ recovery: notRecovered }) }, /region/],
  [
    'unrelated-incident',
    'void',
    { incident: 'region-alerts > 0; it was 2', breach: { ...breach, incident: true } },
    /^region-alerts > 0; it was 2$/,
  ],
  [
    'not-recovered-after-stop',
    'failed',
    { breach, ...live({ recovery: notRecovered }) },
    /stop condition: errors > 0.001 for 3 s; afterwards .* not back within 2 s \(with the help of scale-workers\): errors 0.2, not ≤ 0.001/,
  ],
  ['not-recovered-after-stop', 'failed', { aborted: person, ...live({ recovery: notRecovered }) }, /^ada aborted; afterwards/],
  ['aborted-by-person', 'aborted', { aborted: person }, /ada aborted: coffee/],
  ['aborted-by-person', 'aborted', { aborted: person, ...live({ recovery: unseenRecovery }) }, /ada/],
  ['guard-blind', 'aborted', { breach: { ...breach, blind: true, value: null } }, /could not see/],
  ['stop-condition', 'aborted', { breach }, /errors > 0.001 for 3 s; it was 0.2/],
  ['no-effect', 'invalid', live({ injections: [skipped] }), /no fault was injected: it was replaced/],
  ['no-effect', 'invalid', live({ injections: [] }), /no fault was injected/],
  ['no-effect', 'invalid', live({ injections: [injected, unproven] }), /no proven effect: it lives/],
  ['hypothesis-refuted', 'failed', live({ violations: [violation] }), /errors was 0.2 at worst, 3 samples not ≤ 0.001/],
  ['hypothesis-refuted', 'failed', live({ recovery: notRecovered }), /not back within 2 s/],
  [
    'hypothesis-refuted',
    'failed',
    live({ recovery: { kind: 'recovered', inMs: 2_001, withinMs: 2_000, helpedBy: [] } }),
    /back after 2 s, promised within 2 s/,
  ],
  ['hypothesis-refuted', 'failed', live({ interruptedBy: 'bob', recovery: notRecovered }), /not back within 2 s/],
  [
    'comparison-refuted',
    'failed',
    { comparisons: [judgement({ outcome: 'refuted', p: 0.0004 })] },
    /wave single: latency shifted by 60 \(40 to 90\) against before-after, the effect that matters is 50; p 0.0004/,
  ],
  ['gate-closed', 'aborted', { gated: 'outside of the windows', wavesDone: 1 }, /windows/],
  [
    'gate-closed',
    'aborted',
    { gated: 'not before wave stress: region-alerts (no incident: ≤ 0): last value 2', wavesDone: 1 },
    /no incident/,
  ],
  ['wave-denied', 'denied', { waveDenied: 'wave stress has not earned it', wavesDone: 1 }, /earned/],
  [
    'comparison-undecided',
    'inconclusive',
    { comparisons: [judgement({ missing: 'about 7 iterations instead of 2' })] },
    /latency .* about 7 iterations instead of 2/,
  ],
  ['too-little-data', 'inconclusive', live({ summaries: { errors: { ...seen, values: 7, problems: 3 } } }), /7 of 10 times/],
  ['too-little-data', 'inconclusive', live({ summaries: {} }), /no samples/],
  ['too-little-data', 'inconclusive', live({ guard: 'not-run' }), /did not see the whole hold/],
  ['too-little-data', 'inconclusive', live({ guard: 'breached' }), /did not see the whole hold/],
  ['too-little-data', 'inconclusive', live({ recovery: { kind: 'not-needed' } }), /nobody looked/],
  ['too-little-data', 'inconclusive', live({ faultMs: 4_999 }), /watched for 5 s of 10 s/],
  ['too-little-data', 'inconclusive', live({ interruptedBy: 'bob' }), /nothing but dry runs/],
  ['too-little-data', 'inconclusive', { iterations: [dryRun] }, /nothing but dry runs/],
  ['too-little-data', 'inconclusive', live({ rehearsal: true }), /nothing but rehearsals/],
  ['too-little-data', 'inconclusive', { wavesPlanned: 4 }, /2 of 4 waves/],
  [
    'held',
    'passed',
    { iterations: [dryRun, iteration({ interruptedBy: 'bob', guard: 'not-run', summaries: {} }), iteration({})] },
    /1 proven faults/,
  ],
  [
    'held',
    'passed',
    { comparisons: [judgement({ outcome: 'holds', high: 12 })] },
    /after 0.5 s at most; latency shifted by 60 \(40 to 12\)/,
  ],
  ['held', 'passed', { comparisons: [judgement({ isFinal: false })] }, /2 waves/],
  ['held', 'passed', {}, /2 waves, 1 proven faults, steady state held and was back after 0.5 s/],
];

test.each(table)('%s: %s', (rule, verdict, change, reason) => {
  const decision = decide(facts(change));
  expect(decision).toMatchObject({ rule, verdict });
  expect(decision.reason).toMatch(reason);
});

test('every rule has an example, and an earlier rule wins over every later one', () => {
  expect([...new Set(table.map(([rule]) => rule))]).toEqual(RULES.map(([name]) => name));
  const order = RULES.map(([name]) => name);
  for (const [rule, , change] of table) {
    for (const [other, , otherChange] of table.filter(([name]) => order.indexOf(name) > order.indexOf(rule))) {
      const mixed = { ...facts({ ...otherChange, ...change }) };
      const found = order.indexOf(decide(mixed).rule);
      expect([rule, other, found <= order.indexOf(rule)]).toEqual([rule, other, true]);
    }
  }
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const violations = fc.array(fc.record({ probe: fc.string(), tolerance: fc.string(), worst: fc.option(fc.double()), count: fc.nat() }), {
  maxLength: 2,
});
const recoveries = fc.oneof(
  fc.constant<Recovery>({ kind: 'not-needed' }),
  fc.record({ kind: fc.constant('recovered' as const), inMs: fc.nat(4_000), withinMs: fc.constant(2_000), helpedBy: fc.constant([]) }),
  fc.record({ kind: fc.constant('not-recovered' as const), withinMs: fc.constant(2_000), helpedBy: fc.constant([]), outside: violations }),
);
const iterations = fc.record({
  wave: fc.string(),
  iteration: fc.nat(5),
  dryRun: fc.boolean(),
  rehearsal: fc.boolean(),
  injections: fc.array(fc.constantFrom(injected, injected, unproven, skipped), { maxLength: 3 }),
  interruptedBy: maybe(fc.constant('bob')),
  guard: fc.constantFrom('held' as const, 'held' as const, 'breached' as const, 'not-run' as const),
  summaries: fc.dictionary(fc.string(), fc.constantFrom(seen, seen, { ...seen, values: 1, problems: 9 }), { maxKeys: 2 }),
  violations: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: violations }),
  faultMs: fc.nat(20_000),
  holdMs: fc.constant(10_000),
  recovery: recoveries,
});
const anyFacts = fc.record({
  denied: maybe(fc.string({ minLength: 1 })),
  aborted: maybe(fc.record({ by: fc.string(), reason: fc.string() })),
  breach: maybe(
    fc.record({ ...Object.fromEntries(Object.entries(breach).map(([key, is]) => [key, fc.constant(is)])), blind: fc.boolean() }),
  ),
  gated: maybe(fc.string({ minLength: 1 })),
  waveDenied: maybe(fc.string({ minLength: 1 })),
  error: maybe(fc.string({ minLength: 1 })),
  leftovers: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.string(), { minLength: 1, maxLength: 2 }) },
  ),
  iterations: fc.array(iterations, { maxLength: 3 }),
  comparisons: fc.array(
    fc
      .record({ outcome: fc.constantFrom('holds' as const, 'refuted' as const, 'undecided' as const), isFinal: fc.boolean() })
      .map(judgement),
    { maxLength: 2 },
  ),
  wavesPlanned: fc.nat(4),
  wavesDone: fc.nat(4),
}) as fc.Arbitrary<RunFacts>;

/** Facts that are close to a pass, so that passes are met and not only the way to them. */
const nearlyPassed = fc
  .record({
    change: anyFacts,
    keep: fc.subarray(['denied', 'aborted', 'breach', 'gated', 'waveDenied', 'error', 'leftovers', 'iterations', 'comparisons'] as const, {
      maxLength: 1,
    }),
  })
  .map(({ change, keep }) =>
    facts(Object.fromEntries(keep.map((key) => [key, change[key]]).filter(([, is]) => is !== undefined)) as Partial<RunFacts>),
  );

const isHarmless = ({
  leftovers,
  breach: stopped,
  aborted,
  error,
  denied,
  gated,
  waveDenied,
  iterations: all,
  comparisons = [],
  wavesDone,
  wavesPlanned,
}: RunFacts): boolean => {
  const real = all.filter((one) => !one.dryRun && one.interruptedBy === undefined);
  return (
    leftovers.length === 0 &&
    [stopped, aborted, error, denied, gated, waveDenied].every((one) => one === undefined) &&
    wavesDone >= wavesPlanned &&
    all
      .filter((one) => !one.dryRun && one.interruptedBy !== undefined)
      .every(
        ({ violations: broken, recovery }) =>
          broken.length === 0 && recovery.kind !== 'not-recovered' && !(recovery.kind === 'recovered' && recovery.inMs > recovery.withinMs),
      ) &&
    comparisons.every(({ outcome, isFinal }) => outcome === 'holds' || (outcome === 'undecided' && !isFinal)) &&
    !real.every(({ rehearsal }) => rehearsal) &&
    real.length > 0 &&
    real.every(
      (one) =>
        one.guard === 'held' &&
        one.violations.length === 0 &&
        one.recovery.kind === 'recovered' &&
        one.recovery.inMs <= one.recovery.withinMs &&
        one.injections.some(({ outcome }) => outcome === 'injected') &&
        one.injections.every(({ outcome, effect }) => outcome === 'skipped' || effect.proven) &&
        one.faultMs >= one.holdMs / 2 &&
        Object.values(one.summaries).length > 0 &&
        Object.values(one.summaries).every(({ values, problems }) => values / (values + problems) >= 0.8),
    )
  );
};

test('any facts give a verdict, and `passed` is given exactly when nothing speaks against it', () => {
  fc.assert(
    fc.property(fc.oneof(anyFacts, nearlyPassed), (some) => {
      const { verdict, rule, reason } = decide(some);
      expect(rule).not.toBe('no-rule');
      expect(reason).not.toBe('');
      expect([verdict === 'passed', some]).toEqual([isHarmless(some), some]);
    }),
    { numRuns: 2_000 },
  );
});

test('the same facts give the same verdict', () =>
  fc.assert(fc.property(anyFacts, (some) => expect(decide(structuredClone(some))).toEqual(decide(some)))));

test('a run goes on after dry runs and proven waves only', () => {
  expect(mayGoOn(facts({ iterations: [dryRun], wavesDone: 0 }))).toBe(true);
  expect(mayGoOn(facts({ iterations: [dryRun, iteration({})], wavesDone: 1 }))).toBe(true);
  expect(mayGoOn(facts({ ...live({ rehearsal: true }), wavesDone: 1 }))).toBe(true);
  expect(mayGoOn(facts({ ...live({ rehearsal: true, violations: [violation] }), wavesDone: 1 }))).toBe(false);
  expect(mayGoOn(facts({ comparisons: [judgement({ outcome: 'refuted' })] }))).toBe(false);
  expect(mayGoOn(facts({ comparisons: [judgement({ isFinal: false })] }))).toBe(true);
  for (const change of [{ injections: [unproven] }, { violations: [violation] }, { recovery: notRecovered }, { summaries: {} }])
    expect(mayGoOn(facts({ ...live(change), wavesDone: 1 }))).toBe(false);
});

describe('exit codes', () => {
  test.each(Object.entries(EXIT_CODES))('%s is %i', (verdict, code) => {
    expect(exitCodeOf({ verdict: verdict as keyof typeof EXIT_CODES, leftovers: [], iterations: [] })).toBe(code);
  });
  test('what could not be undone is 6, whatever the verdict', () => {
    for (const verdict of Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[])
      expect(exitCodeOf({ verdict, leftovers: ['x'], iterations: [] })).toBe(6);
  });
  test('aborted without proof that the system came back is not "aborted and recovered"', () => {
    const iterations = [{ wave: 'a', iteration: 0, dryRun: false, outcome: 'stopped' as const, recovery: unseenRecovery }];
    expect(exitCodeOf({ verdict: 'aborted', leftovers: [], iterations })).toBe(8);
  });
});
