import type { Records, RunFilter, RunRecord } from '../records/ports.ts';

const PAGE = 1_000;
/** Pages that are read at most: a finding may be old, and a database larger than anybody wants to wait for. */
const MOST_PAGES = 10;

/** The recorded runs that fit, newest first. `isAll` is false when there may be older ones. */
export async function lookBack(
  records: Pick<Records, 'listRuns'>,
  wanted: Omit<RunFilter, 'limit' | 'cursor'>,
): Promise<{ runs: RunRecord[]; isAll: boolean }> {
  const runs: RunRecord[] = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const cursor = runs.at(-1)?.workflowId;
    const found = await records.listRuns({ ...wanted, limit: PAGE, ...(cursor !== undefined && { cursor }) });
    runs.push(...found);
    if (found.length < PAGE) return { runs, isAll: true };
  }
  return { runs, isAll: false };
}
