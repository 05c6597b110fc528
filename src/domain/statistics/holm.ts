/**
 * Holm's step-down correction for several tests at once: the chance of even one false alarm stays below the level that the adjusted
 * values are compared with, whatever the tests have to do with each other.
 * @param pValues each 0–1
 * @returns adjusted p-values in the same order
 * @see Holm 1979, Scandinavian Journal of Statistics 6(2)
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
  const adjusted = new Array<number>(pValues.length).fill(1);
  let least = 0;
  order.forEach((i, step) => {
    least = Math.max(least, Math.min(1, (pValues.length - step) * (pValues[i] ?? 1)));
    adjusted[i] = least;
  });
  return adjusted;
}
