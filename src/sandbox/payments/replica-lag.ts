import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const ASK_EVERY_MS = 5;
const WAIT_AT_MOST_MS = 500;

/** Measures how far a streaming replica is behind. */
export interface ReplicaLag {
  /** @returns seconds @throws Error when primary or replica cannot be asked: that is no data, not a lag of zero */
  measure(): Promise<number>;
  close(): Promise<void>;
}

/**
 * A record of its own, flushed: what others wrote may lie in the log unflushed, and what the log's writer flushes by itself may end within a record, which
 * no replica can replay before the rest has come.
 */
const WRITE_MARK = `
  SELECT set_config('synchronous_commit', 'on', true), -- until the end of this very transaction
         pg_logical_emit_message(true, 'replica-lag', '')::text AS lsn`;

/**
 * Measures by experiment: writes a record into the primary's log and takes the time from its flush until the replica has replayed it. A replica that needs more
 * than half a second is as old as the last transaction that it replayed. `pg_stat_replication.replay_lag` is not used: it freezes when replay stops.
 * @see https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
 */
export function measureReplicaLag(primary: pg.Pool, replicaUrl: string): ReplicaLag {
  const replica = new pg.Pool({ connectionString: replicaUrl, max: 1, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  replica.on('error', () => {}); // the next measurement tells
  return {
    measure: async () => {
      const { rows } = await primary.query<{ lsn: string }>(WRITE_MARK);
      const lsn = rows[0]?.lsn;
      const sinceMs = performance.now();
      for (;;) {
        const elapsedMs = performance.now() - sinceMs;
        const { replayed, ageSeconds } = await askReplica(replica, lsn);
        if (replayed) return elapsedMs / 1_000;
        if (elapsedMs > WAIT_AT_MOST_MS) return Math.max(elapsedMs / 1_000, ageSeconds);
        await sleep(ASK_EVERY_MS);
      }
    },
    close: () => replica.end(),
  };
}

async function askReplica(replica: pg.Pool, lsn: string | undefined): Promise<{ replayed: boolean; ageSeconds: number }> {
  const { rows } = await replica.query<{ replayed: boolean | null; age: number | null }>(
    `SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS replayed,
            extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float AS age`,
    [lsn],
  );
  const row = rows[0];
  if (row?.replayed == null) throw new Error('the server at PAYMENTS_REPLICA_URL is not a replica');
  return { replayed: row.replayed, ageSeconds: row.age ?? 0 };
}
