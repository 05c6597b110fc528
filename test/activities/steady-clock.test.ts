import { SteadyClock } from '../../src/activities/steady-clock.ts';

const begun = (): { wall: number; mono: number; clock: SteadyClock } => {
  const hands = { wall: 1_700_000_000_000, mono: 500 };
  const clock = new SteadyClock({ wallMs: () => hands.wall, monotonicMs: () => hands.mono });
  return Object.assign(hands, { clock });
};

test('begins at the wall clock and goes on by the time that passes', () => {
  const hands = begun();
  expect(hands.clock.nowMs()).toBe(1_700_000_000_000);
  hands.mono += 1_500.4;
  hands.wall += 1_500;
  expect(hands.clock.nowMs()).toBe(1_700_000_001_500);
  expect(Math.abs(hands.clock.takeJump())).toBeLessThanOrEqual(1);
});

test.each([3_600_000, -3_600_000])('a wall clock that is set by %i ms moves nothing, and is told once', (ms) => {
  const hands = begun();
  hands.wall += ms + 100;
  hands.mono += 100;
  expect(hands.clock.nowMs()).toBe(1_700_000_000_100);
  expect(hands.clock.takeJump()).toBe(ms);
  expect(hands.clock.takeJump()).toBe(0);
});

test('a clock that is slewed never adds up to a jump', () => {
  const hands = begun();
  for (let i = 0; i < 1_000; i++) {
    hands.mono += 250;
    hands.wall += 251;
    expect(Math.abs(hands.clock.takeJump())).toBeLessThanOrEqual(2);
  }
});

test('the real one agrees with the wall clock', () => expect(Math.abs(new SteadyClock().nowMs() - Date.now())).toBeLessThan(1_000));
