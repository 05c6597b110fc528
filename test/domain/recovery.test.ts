import { RemediationTrigger, SteadyStateClause } from '../../src/domain/experiment/conditions.ts';
import {
  newRecoveryState,
  observeRecovery,
  outsideNow,
  type RecoveryRules,
  type RecoveryState,
  type RecoveryStep,
} from '../../src/domain/recovery.ts';
import type { Sample } from '../../src/domain/sample.ts';
import { noData, value } from './facts.ts';

const rules: RecoveryRules = {
  clauses: [
    SteadyStateClause.parse({ probe: 'errors', tolerance: { atMost: 1 } }),
    SteadyStateClause.parse({ probe: 'workers', tolerance: { atLeast: 4 } }),
  ],
  triggers: [RemediationTrigger.parse({ probe: 'queue', above: 30, for: '2s' }), RemediationTrigger.parse({ probe: 'workers', below: 1 })],
  stableForMs: 3_000,
};

/** Feeds samples until one brings something. */
function feed(samples: readonly Sample[]): { state: RecoveryState; step: RecoveryStep; atMs?: number } {
  let state = newRecoveryState(rules);
  for (const sample of samples) {
    const seen = observeRecovery(state, rules, sample);
    state = seen.state;
    if (seen.step.kind !== 'waiting') return { ...seen, atMs: sample.atMs };
  }
  return { state, step: { kind: 'waiting' } };
}

const both = (atMs: number, errors: number | null, workers: number): Sample[] => [
  errors === null ? noData('errors', atMs) : value('errors', atMs, errors),
  value('workers', atMs + 1, workers),
];

test('it has recovered when every clause has held for long enough, counted from when the last began to hold', () => {
  const samples = [...both(0, 0, 3), ...both(1_000, 0, 4), ...both(2_000, 0, 4), ...both(3_000, 0, 4), ...both(4_000, 0, 4)];
  expect(feed(samples)).toMatchObject({ step: { kind: 'recovered', sinceMs: 1_001 }, atMs: 4_001 });
});

test('one bad value begins anew, and so does one without data', () => {
  for (const gap of [2, null]) {
    const samples = [
      ...both(0, 0, 4),
      ...both(1_000, 0, 4),
      ...both(2_000, gap, 4),
      ...both(3_000, 0, 4),
      ...both(4_000, 0, 4),
      ...both(5_000, 0, 4),
    ];
    expect(feed(samples).step).toEqual({ kind: 'waiting' });
    expect(feed([...samples, ...both(6_000, 0, 4)])).toMatchObject({ step: { kind: 'recovered', sinceMs: 3_000 } });
  }
});

test('a signal that never comes is not steady', () => {
  const { state, step } = feed(Array.from({ length: 20 }, (_, i) => value('errors', i * 1_000, 0)));
  expect(step.kind).toBe('waiting');
  expect(outsideNow(state, rules)).toEqual([{ probe: 'workers', tolerance: '≥ 4', worst: null, count: 1 }]);
});

test('a trigger calls when its time is full, also while the steady state holds', () => {
  const samples = [0, 1, 2].flatMap((second) => [...both(second * 1_000, 0, 4), value('queue', second * 1_000 + 2, 31)]);
  expect(feed(samples)).toMatchObject({ step: { kind: 'triggered', index: 0, rule: 'queue > 30 for 2 s' }, atMs: 2_002 });
  expect(feed([value('workers', 0, 0)]).step).toMatchObject({ kind: 'triggered', index: 1 });
});

test('what is outside now is named with its newest value', () => {
  expect(outsideNow(feed(both(0, 9, 4)).state, rules)).toEqual([{ probe: 'errors', tolerance: '≤ 1', worst: 9, count: 1 }]);
  expect(outsideNow(newRecoveryState(rules), rules)).toHaveLength(2);
});

test('a checkpoint changes nothing', () => {
  const samples = [...both(0, 0, 4), value('queue', 10, 31), ...both(3_100, 0, 4)];
  const resumed = samples.reduce(
    (state, sample) => JSON.parse(JSON.stringify(observeRecovery(state, rules, sample).state)) as RecoveryState,
    newRecoveryState(rules),
  );
  expect(resumed).toEqual(samples.reduce((state, sample) => observeRecovery(state, rules, sample).state, newRecoveryState(rules)));
});
