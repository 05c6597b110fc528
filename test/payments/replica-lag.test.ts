import { join } from 'node:path';
import { measureReplicaLag } from '../../src/sandbox/payments/replica-lag.ts';
import { openPool } from '../../src/sandbox/payments/storage.ts';
import { startReplica } from '../../src/sandbox/servers/postgres-replica.ts';
import { query, startPostgres } from '../../src/sandbox/servers/postgres.ts';
import { describeWithDatabase, freshDir } from '../support/servers.ts';

describeWithDatabase('replica lag', () => {
  test('is small while the replica follows, grows while it does not, and is an error when it cannot be asked', async () => {
    const dir = await freshDir('lag');
    const primary = await startPostgres({ dataDir: join(dir, 'primary'), databases: ['payments'], log: () => {} });
    const replica = await startReplica(primary, { dataDir: join(dir, 'replica'), log: () => {} });
    const pool = openPool(primary.url('payments'), 2);
    const lag = measureReplicaLag(pool, replica.url('payments'));
    try {
      await pool.query('CREATE TABLE t AS SELECT 1');
      expect(await lag.measure()).toBeLessThan(0.4);
      await query(replica.url('payments'), 'SELECT pg_wal_replay_pause()');
      await pool.query('INSERT INTO t VALUES (2)');
      const first = await lag.measure();
      expect(first).toBeGreaterThanOrEqual(0.5);
      expect(await lag.measure()).toBeGreaterThan(first);
      await query(replica.url('payments'), 'SELECT pg_wal_replay_resume()');
      expect(await lag.measure()).toBeLessThan(0.4);
      await replica.stop();
      await expect(lag.measure()).rejects.toThrow();
      const itself = measureReplicaLag(pool, primary.url('payments'));
      await expect(itself.measure()).rejects.toThrow('not a replica');
      await itself.close();
    } finally {
      await Promise.all([lag.close(), pool.end()]);
      await replica.stop();
      await primary.stop();
    }
  });
});
