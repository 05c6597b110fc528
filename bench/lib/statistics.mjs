/** @returns the value at or below which the share `p` (0–1) of the numbers lies, nearest rank; null when there are none */
export function percentile(numbers, p) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length === 0 ? null : round(sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]);
}

/** Three digits after the point are more than any of this can be measured to. */
export const round = (value) => Number(value.toFixed(3));

/** Count, median, p99 and worst, in the numbers' own unit. */
export const sumUp = (numbers) => ({
  count: numbers.length,
  p50: percentile(numbers, 0.5),
  p99: percentile(numbers, 0.99),
  max: percentile(numbers, 1),
});

/** A measured number beside its aim. */
export const aim = (measured, atMost) => ({ measured, atMost, met: measured !== null && measured <= atMost });
export const aimAtLeast = (measured, atLeast) => ({ measured, atLeast, met: measured !== null && measured >= atLeast });
