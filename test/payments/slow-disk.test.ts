import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { query, startPostgres } from '../../src/sandbox/servers/postgres.ts';
import { describeWithDatabase, freshDir } from '../support/servers.ts';
import { startSubject } from './system-under-test.ts';

/** What a flush takes longer, in microseconds; waiting for it, four workers would manage some 30 payments a second. */
const FLUSH_DELAY_US = 30_000;

describeWithDatabase('the payments system on a disk that needs 30 ms for a flush', () => {
  test('keeps up with its load: experiments are about workers, on any machine', async () => {
    const server = await startPostgres({ dataDir: join(await freshDir('slow-disk'), 'postgres'), databases: ['payments'], log: () => {} });
    try {
      const databaseUrl = server.url('payments');
      for (const setting of ['commit_siblings = 0', `commit_delay = ${FLUSH_DELAY_US}`])
        await query(databaseUrl, `ALTER SYSTEM SET ${setting}`);
      await query(databaseUrl, 'SELECT pg_reload_conf()');
      const system = await startSubject({ databaseUrl, workers: 4, ratePerSecond: 50 });
      try {
        await sleep(8_000);
        expect(await system.metric('gateway', 'payments_queue_depth')).toBeLessThan(50); // it would be some 160
        expect(await system.metric('gateway', 'payments_completed_total')).toBeGreaterThan(300);
      } finally {
        await system.stop();
      }
    } finally {
      await server.stop();
    }
  }, 90_000);
});
