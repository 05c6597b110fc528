import fc from 'fast-check';
import { beatEveryMs, deadAfterMs } from '../../src/domain/liveness.ts';

test.each([
  [500, 1_500],
  [1_000, 1_500],
  [2_000, 2_000],
  [10_000, 3_000],
  [undefined, 3_000],
])('a run that bears to be blind for %s ms gives its worker up after %s ms', (maxBlindMs, deadMs) => {
  expect(deadAfterMs(maxBlindMs)).toBe(deadMs);
});

test('two beats always fit into the silence that means death, with something to spare', () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_600_000 }), (maxBlindMs) => {
      const deadMs = deadAfterMs(maxBlindMs);
      expect(2 * beatEveryMs(deadMs)).toBeLessThan(deadMs * 0.95);
    }),
  ));
