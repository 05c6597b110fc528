import fc from 'fast-check';
import type { RecordedWave } from '../../src/domain/evidence.ts';
import { COVERED_FOR_MS, HALF_LIFE_MS, scoreOf, scores, speaks } from '../../src/domain/score.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { actingWaves } from '../../src/report/planned-waves.ts';

const NOW = 1_000 * HALF_LIFE_MS;
const shown = (changes: Partial<RecordedWave> = {}): RecordedWave => ({
  ...{ workflowId: 'r', name: 'kill', service: 'payments', environment: 'staging', timeScale: 1, closedAtMs: NOW },
  ...{ runVerdict: 'passed', wave: 'canary', verdict: 'passed', rule: 'held', reason: '', rehearsal: false, recovered: 1, of: 1 },
  ...{ fault: { kind: 'process-kill' }, targets: { kind: 'process' } },
  ...changes,
});
const failed: Partial<RecordedWave> = { verdict: 'failed', rule: 'hypothesis-refuted', runVerdict: 'failed' };
const verdicts: Verdict[] = ['passed', 'failed', 'aborted', 'inconclusive', 'invalid', 'void', 'denied', 'error'];

const anyWave = (youngestMs: number): fc.Arbitrary<RecordedWave> =>
  fc
    .record({
      verdict: fc.constantFrom(...verdicts),
      runVerdict: fc.constantFrom(...verdicts),
      rule: fc.constantFrom('held', 'stop-condition', 'aborted-by-person'),
      rehearsal: fc.boolean(),
      timeScale: fc.constantFrom(1, 0.05),
      ageMs: fc.integer({ min: youngestMs, max: 20 * HALF_LIFE_MS }),
    })
    .map(({ ageMs, ...rest }) => shown({ ...rest, closedAtMs: NOW - ageMs }));
/** From a clock that is ahead, too. */
const some = fc.array(anyWave(-1_000), { maxLength: 30 });
const past = fc.array(anyWave(0), { maxLength: 30 });

test('by its definition: one fresh pass is 50, nine are 90, a failure weighs as much as a pass, a half-life halves', () => {
  expect(scoreOf([shown()], NOW)).toBe(50);
  expect(scoreOf(Array<RecordedWave>(9).fill(shown()), NOW)).toBe(90);
  expect(scoreOf([shown(), shown(failed)], NOW)).toBeCloseTo(100 / 3);
  expect(scoreOf([shown()], NOW + HALF_LIFE_MS)).toBeCloseTo((100 * 0.5) / 1.5);
  expect(scoreOf([shown(failed)], NOW)).toBe(0);
});

test('what says nothing about the system gives no score, neither 0 nor 100', () => {
  expect(scoreOf([], NOW)).toBeUndefined();
  for (const silent of [{ rehearsal: true }, { runVerdict: 'void' }, { runVerdict: 'invalid' }, { runVerdict: 'error' }] as const)
    expect(scoreOf([shown(silent)], NOW)).toBeUndefined();
  expect(scoreOf([shown({ verdict: 'aborted', rule: 'aborted-by-person', runVerdict: 'aborted' })], NOW)).toBeUndefined();
  expect(speaks(shown({ verdict: 'aborted', rule: 'stop-condition', runVerdict: 'aborted' }))).toBe('against');
});

test('it stays within 0 and 100, whatever the order', () =>
  fc.assert(
    fc.property(some, (waves) => {
      const score = scoreOf(waves, NOW);
      if (score === undefined) return;
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(100);
      expect(scoreOf([...waves].reverse(), NOW)).toBeCloseTo(score, 9);
    }),
  ));

test('one more pass never lowers it, one more failure never raises it', () =>
  fc.assert(
    fc.property(some, fc.nat(20 * HALF_LIFE_MS), (waves, ageMs) => {
      const before = scoreOf(waves, NOW);
      const closedAtMs = NOW - ageMs;
      expect(scoreOf([...waves, shown({ closedAtMs })], NOW)!).toBeGreaterThanOrEqual((before ?? 0) - 1e-9);
      if (before !== undefined) expect(scoreOf([...waves, shown({ ...failed, closedAtMs })], NOW)!).toBeLessThanOrEqual(before + 1e-9);
    }),
  ));

test('time alone never raises it, and a pass that is older never does', () =>
  fc.assert(
    fc.property(past, fc.nat(20 * HALF_LIFE_MS), fc.nat(), (waves, laterMs, at) => {
      const now = scoreOf(waves, NOW);
      if (now === undefined) return;
      expect(scoreOf(waves, NOW + laterMs)!).toBeLessThanOrEqual(now + 1e-9);
      const older = waves.map((one, i) =>
        i === at % waves.length && speaks(one) === 'for' ? { ...one, closedAtMs: one.closedAtMs - laterMs } : one,
      );
      expect(scoreOf(older, NOW)!).toBeLessThanOrEqual(now + 1e-9);
    }),
  ));

test('a service is scored by all its evidence together, with the coverage of what is planned', () => {
  const planned = [
    { name: 'pause', service: 'payments', environment: 'staging', waves: ['single'] },
    { name: 'kill', service: 'payments', environment: 'staging', waves: ['canary', 'stress'] },
    { name: 'kill', service: 'payments', environment: 'production', waves: ['canary'] },
  ];
  const waves = [
    shown(),
    shown({ timeScale: 0.05 }),
    shown({ name: 'pause', wave: 'single', closedAtMs: NOW - COVERED_FOR_MS - 1 }),
    shown({ name: 'gone', wave: 'single' }),
  ];
  const [production, staging] = scores(planned, waves, NOW);
  expect(production).toMatchObject({ environment: 'production', score: null, covered: 0, planned: 1, newestMs: null });
  expect(staging).toMatchObject({ environment: 'staging', covered: 1, planned: 3, passed: 3, failed: 0, scaled: 1, newestMs: NOW });
  expect(staging?.experiments).toMatchObject([
    { name: 'kill', covered: 1, planned: 2, passed: 2, score: expect.closeTo(200 / 3) as number },
    { name: 'pause', covered: 0, planned: 1, passed: 1 },
  ]);
  expect(scores([], waves, NOW)).toEqual([]);
});

test('what acts is read from a recorded experiment, or nothing is', () => {
  const waves = [{ name: 'dry-run', dryRun: true }, { name: 'noise', fault: { kind: 'no-op' } }, { name: 'canary' }];
  expect(actingWaves({ fault: { kind: 'process-kill' }, waves })).toEqual(['canary']);
  for (const odd of [undefined, null, 7, { waves: 'many' }, { waves: [{ nom: 1 }] }]) expect(actingWaves(odd)).toEqual([]);
});
