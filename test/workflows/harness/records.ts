import { createMemoryRecords } from '../../../src/records/memory.ts';
import type { Records, RunEvent } from '../../../src/records/ports.ts';

/** Records in memory that a test can wait on, take away and give back. */
export interface WatchedRecords extends Records {
  /** While true, every write fails as it does without a database. */
  isDown: boolean;
  /** How many writes were refused while down. */
  refused: number;
  /** Resolves with the first recorded event that fits. */
  recorded(fits: (event: RunEvent) => boolean): Promise<RunEvent>;
}

export function watchedRecords(): WatchedRecords {
  const inner = createMemoryRecords();
  const seen: RunEvent[] = [];
  let waiters: (() => void)[] = [];
  const guarded = async <T>(write: () => Promise<T>): Promise<T> => {
    if (!records.isDown) return write();
    records.refused += 1;
    throw new Error('connect ECONNREFUSED 127.0.0.1:5432');
  };
  const records: WatchedRecords = {
    ...inner,
    isDown: false,
    refused: 0,
    openRun: (run) => guarded(() => inner.openRun(run)),
    closeRun: (workflowId, close) => guarded(() => inner.closeRun(workflowId, close)),
    appendEvents: (workflowId, events) =>
      guarded(async () => {
        await inner.appendEvents(workflowId, events);
        seen.push(...events);
        for (const wake of waiters.splice(0)) wake();
      }),
    async recorded(fits) {
      for (;;) {
        const found = seen.find(fits);
        if (found) return found;
        await new Promise<void>((resolve) => (waiters = [...waiters, resolve]));
      }
    },
  };
  return records;
}
