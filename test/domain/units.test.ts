import fc from 'fast-check';
import { Duration, formatDuration, parseDuration, parseQuantity, parseRatio, Quantity, Ratio } from '../../src/domain/units.ts';

test.each([
  ['200ms', 200],
  ['30s', 30_000],
  ['1.5s', 1_500],
  ['3m', 180_000],
  ['1h30m', 5_400_000],
  ['30d', 2_592_000_000],
  ['0s', 0],
])('the duration %s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(['', '3', 's', '-3s', '3 s', '3S', '3s ', '1e3s', '3min', '.5s', '٣s'])('%j is no duration', (text) =>
  expect(parseDuration(text)).toBeUndefined(),
);

test('a duration of parts is the sum of the parts', () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(1_000), fc.constantFrom<[string, number]>(['ms', 1], ['s', 1e3], ['m', 6e4], ['h', 36e5], ['d', 864e5])), {
        minLength: 1,
        maxLength: 5,
      }),
      (parts) => {
        const text = parts.map(([amount, [unit]]) => `${amount}${unit}`).join('');
        expect(parseDuration(text)).toBe(parts.reduce((sum, [amount, [, ms]]) => sum + amount * ms, 0));
      },
    ),
  ));

test.each([
  [0, '0ms'],
  [1_500, '1500ms'],
  [90_000, '90s'],
  [3_600_000, '1h'],
  [2_592_000_000, '30d'],
])('%d ms is written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

test('a duration comes back as it was written', () =>
  fc.assert(fc.property(fc.nat(), (ms) => expect(parseDuration(formatDuration(ms))).toBe(ms))));

test.each([
  ['0.1%', 0.001],
  ['40%', 0.4],
  ['100 %', 1],
  ['-5%', -0.05],
])('the ratio %s is %d', (text, share) => expect(parseRatio(text)).toBeCloseTo(share, 12));

test.each(['0.1', '%', '1%%', 'x%', '1,5%'])('%j is no ratio', (text) => expect(parseRatio(text)).toBeUndefined());

test('a ratio comes back as it was written', () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (thousandths) =>
      expect((parseRatio(`${thousandths / 1_000}%`) ?? NaN) * 100_000).toBeCloseTo(thousandths, 4),
    ),
  ));

test.each([
  ['64MiB', 67_108_864],
  ['1.5 GB', 1.5e9],
  ['12B', 12],
  ['5m', 300_000],
  ['2%', 0.02],
])('the quantity %s is %d', (text, base) => expect(parseQuantity(text)).toBeCloseTo(base, 9));

test('what overflows is refused, not infinite', () => {
  const huge = '9'.repeat(400);
  for (const [schema, text] of [
    [Duration, `${huge}s`],
    [Ratio, `${huge}%`],
    [Quantity, `${huge}B`],
  ] as const)
    expect(schema.safeParse(text).success).toBe(false);
});

test('a bare number is a quantity, but neither a duration nor a ratio', () => {
  expect(Quantity.parse(3)).toBe(3);
  expect(Duration.safeParse(3).error?.issues[0]?.message).toBe('expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m');
  expect(Ratio.safeParse(3).error?.issues[0]?.message).toBe('expected a percentage, such as 0.1% or 40%');
});

test('no text takes long to refuse', () => {
  const beganMs = performance.now();
  for (const text of [`${'1'.repeat(100_000)}x`, `${'1s'.repeat(50_000)}x`, `${' '.repeat(100_000)}%`])
    expect(parseQuantity(text)).toBeUndefined();
  expect(performance.now() - beganMs).toBeLessThan(500);
});
