/** A point of a series; null where there was no value. */
export interface Point {
  atMs: number;
  value: number | null;
}

/**
 * Keeps of each column of pixels the first, lowest, highest and last point, so that no peak is lost and a plot stays small
 * however long the run was. Gaps stay gaps.
 * @param columnMs width of a column in milliseconds; 0 keeps everything
 * @see Jugel et al. 2014, "M4: a visualization-oriented time series data aggregation", PVLDB 7(10)
 */
export function thin(points: readonly Point[], columnMs: number): Point[] {
  if (columnMs <= 0) return [...points];
  const kept: Point[] = [];
  for (let start = 0; start < points.length;) {
    const column = Math.floor((points[start]?.atMs ?? 0) / columnMs);
    let end = start;
    while (end < points.length && Math.floor((points[end]?.atMs ?? 0) / columnMs) === column) end++;
    kept.push(...extremes(points.slice(start, end)));
    start = end;
  }
  return kept;
}

function extremes(column: Point[]): Point[] {
  if (column.length <= 4) return column;
  const valued = column.filter(({ value }) => value !== null);
  const pick = (isBetter: (a: number, b: number) => boolean): Point | undefined =>
    valued.reduce<Point | undefined>((best, point) => (best && !isBetter(point.value ?? 0, best.value ?? 0) ? best : point), undefined);
  const gap = column.find(({ value }) => value === null);
  const chosen = [column[0], pick((a, b) => a < b), pick((a, b) => a > b), gap, column.at(-1)].filter((point) => point !== undefined);
  return [...new Set(chosen)].sort((a, b) => a.atMs - b.atMs);
}
