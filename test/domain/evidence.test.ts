import fc from 'fast-check';
import { describeEvidence, weighEvidence, type RecordedWave } from '../../src/domain/evidence.ts';
import { isSame } from '../../src/domain/same.ts';
import type { Verdict } from '../../src/domain/verdict.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const fault = { kind: 'process-kill', signal: 'SIGKILL' };
const targets = { kind: 'process', labels: { app: 'worker', tier: '1' } };
const rule = { wave: 'canary', passed: 3, within: 30 * DAY, recoveryLowerBound: 0.8 };

const shown = (changes: Partial<RecordedWave> = {}): RecordedWave => ({
  ...{ workflowId: 'r', name: 'kill', service: 'payments', environment: 'staging', timeScale: 1, closedAtMs: NOW - DAY },
  ...{ runVerdict: 'passed', wave: 'canary', verdict: 'passed', rule: 'held', reason: '', rehearsal: false, recovered: 1, of: 1 },
  ...{ fault: { signal: 'SIGKILL', kind: 'process-kill' }, targets },
  ...changes,
});
const weigh = (recorded: RecordedWave[], changes: Partial<typeof rule> = {}, timeScale = 1) =>
  weighEvidence({ ...rule, ...changes }, { fault, targets }, timeScale, recorded, NOW);
const times = (n: number, changes: Partial<RecordedWave> = {}): RecordedWave[] => Array.from({ length: n }, () => shown(changes));

test('three passes are not enough for a bound of 80 %, seventeen recoveries in a row are', () => {
  expect(weigh(times(3))).toMatchObject({ passed: 3, recovered: 3, of: 3 });
  expect(weigh(times(3)).missing).toEqual([
    'wave canary recovered in time in 3 of 3, which shows 29.2% at least (95% confidence), and 80% are required; 17 in a row would show it',
  ]);
  expect(weigh(times(17)).missing).toEqual([]);
  expect(weigh(times(16)).missing).toHaveLength(1);
  const { recoveryLowerBound: _none, ...passes } = rule;
  expect(weighEvidence(passes, { fault, targets }, 1, times(3), NOW).missing).toEqual([]);
});

test('too few passes are told with their number; no run at all shows nothing', () => {
  expect(weigh(times(2)).missing[0]).toBe('wave canary passed in 2 of the 3 runs that are required within 30 d');
  expect(weigh([]).missing).toEqual([
    'wave canary passed in 0 of the 3 runs that are required within 30 d',
    'wave canary recovered in time in 0 of 0, which shows nothing, and 80% are required; 17 in a row would show it',
  ]);
  expect(weigh([]).lowerBound).toBeNull();
});

test.each<[string, Partial<RecordedWave>, string]>([
  ['a void run', { runVerdict: 'void' }, 'of a run that was void'],
  ['an invalid run', { runVerdict: 'invalid' }, 'of a run that was invalid'],
  ['a broken run', { runVerdict: 'error' }, 'of a run that was error'],
  ['a rehearsal', { rehearsal: true }, 'a rehearsal'],
  ['a hurried run', { timeScale: 0.05 }, 'with durations × 0.05, shorter than now'],
  ['another fault', { fault: { kind: 'process-pause' } }, 'with another fault or other targets'],
  ['other targets', { targets: { kind: 'process', labels: { app: 'other' } } }, 'with another fault or other targets'],
])('%s is no evidence, and the reason is told', (_what, changes, why) => {
  const found = weigh([...times(17), ...times(2, changes)]);
  expect(found).toMatchObject({ passed: 17, of: 17, discarded: [`2 ${why}`] });
  expect(describeEvidence(found)).toContain(`(not counted: 2 ${why})`);
  expect(weigh(times(40, changes))).toMatchObject({ passed: 0, of: 0 });
});

test('what is old, or of another wave, is not looked at; a run as hurried as this one counts', () => {
  expect(weigh([shown({ closedAtMs: NOW - 31 * DAY }), shown({ wave: 'single' })])).toMatchObject({ passed: 0, discarded: [] });
  expect(weigh(times(1, { timeScale: 0.05 }), {}, 0.05)).toMatchObject({ passed: 1 });
});

test('a failed wave is no pass, and what did not recover counts against the bound', () => {
  const found = weigh([...times(17), shown({ verdict: 'failed', runVerdict: 'failed', recovered: 0, of: 1 })]);
  expect(found).toMatchObject({ passed: 17, recovered: 17, of: 18 });
  expect(found.missing[0]).toMatch(/17 of 18, which shows 72\.7% at least/);
});

test('more of what counts never makes a fulfilled rule unfulfilled, and failures never fulfil one', () => {
  const waves = fc.array(
    fc
      .record({
        verdict: fc.constantFrom<Verdict>('passed', 'failed', 'aborted', 'inconclusive'),
        runVerdict: fc.constantFrom<Verdict>('passed', 'failed', 'void', 'invalid', 'denied'),
        ageMs: fc.integer({ min: 0, max: 60 * DAY }),
      })
      .map(({ ageMs, verdict, ...rest }) => shown({ ...rest, verdict, closedAtMs: NOW - ageMs, recovered: verdict === 'failed' ? 0 : 1 })),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(waves, (recorded) => {
      const before = weigh(recorded);
      expect(weigh([...recorded].reverse())).toMatchObject({ passed: before.passed, of: before.of, missing: before.missing });
      if (before.missing.length === 0) expect(weigh([...recorded, shown()]).missing).toEqual([]);
      else expect(weigh([...recorded, shown({ verdict: 'failed', recovered: 0 })]).missing).not.toEqual([]);
    }),
  );
});

test('the same is the same in whatever order of keys, and nothing else is', () => {
  expect(isSame({ a: [1, { b: null }], c: undefined }, { a: [1, { b: null }] })).toBe(true);
  for (const [a, b] of [
    [{ a: 1 }, { a: '1' }],
    [[1], { 0: 1 }],
    [null, {}],
    [{ a: 1 }, { b: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
  ])
    expect(isSame(a, b)).toBe(false);
  fc.assert(fc.property(fc.jsonValue(), (value) => expect(isSame(value, JSON.parse(JSON.stringify(value)))).toBe(!Object.is(value, NaN))));
});
