/** Chances of the whole numbers `from`, `from + 1`, … */
export interface Distribution {
  from: number;
  chances: Float64Array;
}

/**
 * Distribution of the sum of `m` of the given whole numbers, when every choice is equally likely. With ranks it is the null
 * distribution of the rank sum, ties included.
 * @see Streitberg and Röhmel 1986, Statistical Software Newsletter 12(1) (the shift algorithm)
 */
export function subsetSums(scores: readonly number[], m: number): Distribution {
  const most = [...scores]
    .sort((a, b) => b - a)
    .slice(0, m)
    .reduce((total, score) => total + score, 0);
  const width = most + 1;
  // ways[k * width + s]: how many choices of k among those seen so far sum to s. At most C(60, 30) = 1.2e17, so no double loses more than its last digit.
  const ways = new Float64Array((m + 1) * width);
  ways[0] = 1;
  scores.forEach((score, seen) => {
    for (let k = Math.min(m, seen + 1); k >= 1; k--)
      for (let s = most; s >= score; s--) ways[k * width + s] = (ways[k * width + s] ?? 0) + (ways[(k - 1) * width + s - score] ?? 0);
  });
  const counts = ways.slice(m * width);
  const total = counts.reduce((a, b) => a + b, 0);
  return { from: 0, chances: counts.map((count) => count / total) };
}
