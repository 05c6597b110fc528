import type { RunFilter, RunHead } from '../records/ports.ts';

const PAGE = 1_000;
/** Pages that are read at most: a finding may be old, and a database larger than anybody wants to wait for. */
const MOST_PAGES = 10;

/**
 * The recorded runs that fit, newest first. `isAll` is false when there may be older ones.
 * @param list whole runs or their heads, a page at a time: whoever needs no experiment reads none
 */
export async function lookBack<R extends RunHead>(
  list: (filter: RunFilter) => Promise<R[]>,
  wanted: Omit<RunFilter, 'limit' | 'cursor'>,
): Promise<{ runs: R[]; isAll: boolean }> {
  const runs: R[] = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const cursor = runs.at(-1)?.workflowId;
    const found = await list({ ...wanted, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    runs.push(...found);
    if (found.length < PAGE) return { runs, isAll: true };
  }
  return { runs, isAll: false };
}
