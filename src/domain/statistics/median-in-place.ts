/** The value that has `k` values before it when sorted; moves the others around. @see Hoare 1961, "Algorithm 65: FIND", CACM 4(7) */
function select(values: Float64Array, k: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1] ?? NaN;
    let [i, j] = [low, high];
    while (i <= j) {
      while ((values[i] ?? NaN) < pivot) i++;
      while ((values[j] ?? NaN) > pivot) j--;
      if (i > j) break;
      const swapped = values[i] ?? NaN;
      values[i++] = values[j] ?? NaN;
      values[j--] = swapped;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return values[k] ?? NaN;
}

/**
 * The median, the same as the quantile of 0.5, in a time that grows with the number of values only. For a bootstrap, which asks thousands of times.
 * @param values finite; their order is lost
 * @returns NaN without values
 */
export function medianInPlace(values: Float64Array): number {
  const middle = (values.length - 1) / 2;
  if (Number.isInteger(middle)) return select(values, middle);
  const low = select(values, Math.floor(middle));
  return low + (select(values, Math.ceil(middle)) - low) * 0.5;
}
