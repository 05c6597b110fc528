import fc from 'fast-check';
import { lossOf, timeToLook, trustAfterLoss, type Trust } from '../../src/domain/guard-loss.ts';

const rules = { maxBlindMs: 10_000 };
const saved = (...atMs: number[]) => ({ lastValueMs: Object.fromEntries(atMs.map((ms, i) => [`signal-${i}`, ms])) });

test('the sight of the blindest signal counts, and no later than the last sign of life', () => {
  expect(trustAfterLoss({ blindSinceMs: 0 }, saved(9_000, 5_000), 8_000)).toEqual({ seenMs: 5_000, blindSinceMs: 5_000 });
  expect(trustAfterLoss({ blindSinceMs: 0 }, saved(9_000), 8_000)).toEqual({ seenMs: 9_000, blindSinceMs: 8_000 });
});

test('a guard that left nothing, or nothing new, changes nothing', () => {
  const before: Trust = { blindSinceMs: 1_000, seenMs: 500 };
  for (const nothing of [undefined, saved(), saved(500), saved(NaN), saved(499, 9_000)])
    expect(trustAfterLoss(before, nothing, 60_000)).toBe(before);
});

test('tells what was lost, and for how long nothing was seen', () =>
  expect(lossOf('no worker took it', { blindSinceMs: 1_000 }, rules, 12_345)).toEqual({
    probe: 'guard',
    rule: 'the guard was lost: no worker took it; nothing was seen for 11.3 s (maxBlind 10 s)',
    value: null,
    limit: null,
    atMs: 12_345,
    blind: true,
  }));

test('guards that die one after another without seeing anything new buy no time, whatever their clocks say', () =>
  fc.assert(
    fc.property(fc.integer({ min: -1e7, max: 1e7 }), fc.array(fc.nat(5_000), { minLength: 1, maxLength: 30 }), (clockMs, steps) => {
      let nowMs = 1e9;
      const last = saved(nowMs + clockMs);
      let trust = trustAfterLoss({ blindSinceMs: nowMs }, last, nowMs);
      const lostMs = nowMs;
      for (const step of steps) {
        nowMs += step;
        trust = trustAfterLoss(trust, last, nowMs);
        expect(timeToLook(trust, rules, nowMs)).toBeLessThanOrEqual(lostMs + rules.maxBlindMs - nowMs);
      }
    }),
  ));
