import fc from 'fast-check';
import { GuardSettings } from '../../src/domain/experiment/metadata.ts';
import { SteadyStateClause, StopCondition } from '../../src/domain/experiment/conditions.ts';
import {
  findBlindness,
  findClockBehind,
  guardRules,
  isSeeing,
  missTime,
  newGuardState,
  observe,
  type GuardState,
} from '../../src/domain/guard.ts';
import type { Sample } from '../../src/domain/sample.ts';
import { failure, noData, value } from './facts.ts';

const rules = guardRules(
  {
    stopConditions: [
      StopCondition.parse({ probe: 'errors', above: 10, for: '3s' }),
      StopCondition.parse({ probe: 'queue', aboveBaseline: '50%' }),
      StopCondition.parse({ probe: 'errors', consecutiveErrors: 5 }),
    ],
    steadyState: [
      SteadyStateClause.parse({ probe: 'latency', tolerance: { between: [10, 20] }, throughout: true }),
      SteadyStateClause.parse({ probe: 'payments', tolerance: { atLeast: 1 } }),
    ],
    guard: GuardSettings.parse({ maxBlind: '4s', maxConsecutiveErrors: 2 }),
  },
  { queue: 100 },
);

const feed = (samples: readonly Sample[], state = newGuardState(rules, 0)) =>
  samples.reduce<ReturnType<typeof observe>>((seen, sample) => (seen.breach ? seen : observe(seen.state, rules, sample)), { state });

test('watched is what stops or must hold throughout; each has a limit of errors, its own or the default', () => {
  expect(rules.watched).toEqual(['errors', 'queue', 'latency']);
  expect(
    rules.conditions
      .filter(({ condition }) => condition.consecutiveErrors !== undefined)
      .map(({ condition }) => [condition.probe, condition.consecutiveErrors]),
  ).toEqual([
    ['errors', 5],
    ['queue', 2],
    ['latency', 2],
  ]);
  expect(rules.conditions[1]).toMatchObject({ baseline: 100 });
});

test('it is seeing only when every watched signal has given a value', () => {
  const samples = [value('errors', 0, 0), noData('latency', 0), value('queue', 0, 1), value('payments', 0, 1)];
  expect(isSeeing(feed(samples).state, rules)).toBe(false);
  expect(isSeeing(feed([...samples, value('latency', 1, 15)]).state, rules)).toBe(true);
});

test('it is blind when a watched signal gives no value for longer than allowed, and not before', () => {
  const { state } = feed([value('errors', 5_000, 0), value('queue', 5_000, 1), value('latency', 3_000, 15), noData('latency', 6_000)]);
  expect(findBlindness(state, rules, 7_000)).toBeUndefined();
  expect(findBlindness(state, rules, 7_001)).toMatchObject({
    probe: 'latency',
    blind: true,
    rule: 'latency gave no value for 4.0 s (maxBlind 4 s)',
  });
});

test('from the start, too: a signal that never comes makes it blind', () =>
  expect(findBlindness(newGuardState(rules, 1_000), rules, 5_001)?.blind).toBe(true));

test('errors of a signal without a limit of its own are a breach', () =>
  expect(feed([failure('latency', 0), failure('latency', 1)]).breach).toMatchObject({ probe: 'latency', blind: true }));

test('a clause that must hold throughout is noted with its worst value, on either side, and stops nothing', () => {
  const { state, breach } = feed([21, 15, 2, 25].map((number, i) => value('latency', i, number)));
  expect(breach).toBeUndefined();
  expect(state.violations).toEqual([{ probe: 'latency', tolerance: 'between 10 and 20', worst: 2, count: 3 }]);
});

test('what is not watched leaves no trace', () =>
  expect(feed([value('payments', 0, 0), failure('payments', 1)]).state).toEqual(newGuardState(rules, 0)));

const sample = fc
  .record({
    probe: fc.constantFrom('errors', 'queue', 'latency', 'payments'),
    stepMs: fc.nat(1_500),
    number: fc.option(fc.constantFrom(0, 12, 15, 100, 200), { freq: 4 }),
  })
  .map(({ probe, stepMs, number }) => ({ probe, stepMs, number }));
const runs = fc.array(sample, { maxLength: 40 }).map((all) => {
  let atMs = 0;
  return all.map(({ probe, stepMs, number }) => {
    atMs += stepMs;
    return number === null ? noData(probe, atMs) : value(probe, atMs, number);
  });
});

test('a guard that goes on from its checkpoint decides like one that was never interrupted', () =>
  fc.assert(
    fc.property(runs, fc.nat(40), (samples, crashAt) => {
      const first = feed(samples.slice(0, crashAt));
      const resumed = first.breach ? first : feed(samples.slice(crashAt), JSON.parse(JSON.stringify(first.state)) as GuardState);
      expect(resumed).toEqual(feed(samples));
    }),
  ));

test('its checkpoint does not grow with the number of samples', () =>
  fc.assert(fc.property(runs, (samples) => expect(JSON.stringify(feed(samples).state).length).toBeLessThan(1_500))));

test('an incident wins over what it may have caused, in whatever order they are written', () => {
  const [symptom, incident] = [
    StopCondition.parse({ probe: 'errors', above: 10 }),
    StopCondition.parse({ probe: 'errors', above: 50, incident: true }),
  ];
  for (const stopConditions of [
    [symptom, incident],
    [incident, symptom],
  ]) {
    const watched = guardRules({ stopConditions, steadyState: [], guard: GuardSettings.parse({}) }, {});
    const see = (number: number) => observe(newGuardState(watched, 0), watched, value('errors', 0, number)).breach;
    expect(see(60)).toMatchObject({ incident: true, limit: 50 });
    expect(see(20)).toMatchObject({ limit: 10 });
    expect(see(20)).not.toHaveProperty('incident');
  }
});

test('time in which the machine slept was time without sight', () => {
  const { state } = feed([value('errors', 5_000, 0), value('queue', 5_000, 1), value('latency', 5_000, 15)]);
  expect(findBlindness(state, rules, 6_000)).toBeUndefined();
  expect(findBlindness(missTime(state, 2_999), rules, 6_000)).toBeUndefined();
  expect(findBlindness(missTime(state, 3_001), rules, 6_000)).toMatchObject({ blind: true });
  expect(missTime(state, 3_001).streaks).toBe(state.streaks);
});

test('a worker whose clock is behind that of the one before cannot reckon the gap: blind', () => {
  const { state } = feed([value('errors', 60_000, 0), value('queue', 60_000, 1), value('latency', 60_000, 15)]);
  expect(findClockBehind(state, 55_000, 5_000)).toBeUndefined();
  expect(findClockBehind(state, 48_000, 5_000)).toMatchObject({
    blind: true,
    rule: 'the clock of this worker is 12.0 s behind the one that watched before (maxSkew 5 s)',
  });
});
