import type { Records } from './ports.ts';
import { migrate } from './migrate.ts';
import { isMigrated } from './postgres/migrated.ts';
import { auditLog } from './postgres/audit.ts';
import { claimRecords } from './postgres/claims.ts';
import { catalogueRecords } from './postgres/catalogue.ts';
import { openChain } from './postgres/chain.ts';
import { openDatabase, type RecordsOptions } from './postgres/database.ts';
import { eventRecords } from './postgres/events.ts';
import { runRecords } from './postgres/runs.ts';
import { sampleRecords } from './postgres/samples.ts';
import { retention } from './postgres/retention.ts';
import { signalRecords } from './postgres/signals.ts';
import { epochMs } from './postgres/time.ts';
import { waveRecords } from './postgres/waves.ts';

export type { RecordsOptions } from './postgres/database.ts';

/** Longest time of one migration statement, the wait for another migrator included. */
const MIGRATION_STATEMENT_MS = 60_000;

/** Records in PostgreSQL 14 or newer. Connects at the first use; `close` ends all connections. */
export function createRecords(options: RecordsOptions): Records {
  const database = openDatabase(options);
  const chain = openChain(database);
  const { settled, ...samples } = sampleRecords(database);
  const { eventsSettled, ...events } = eventRecords(database, chain);
  return {
    ...runRecords(database, chain),
    ...events,
    ...waveRecords(database, chain),
    ...claimRecords(database),
    ...samples,
    ...signalRecords(database),
    ...retention(database, chain),
    ...auditLog(database, chain),
    ...catalogueRecords(database, chain),
    async migrate() {
      try {
        if (await isMigrated(database)) return; // a role that may not migrate has no need to
        await migrate(database.connection(MIGRATION_STATEMENT_MS));
      } catch (cause) {
        throw database.clean(cause, 'migrate');
      }
    },
    async ping() {
      const { rows } = await database.query<{ now: number }>('ping', `SELECT ${epochMs('clock_timestamp()')} AS now`);
      return { serverTimeMs: rows[0]?.now ?? NaN };
    },
    async close() {
      await Promise.all([settled(), eventsSettled()]); // what waits for its turn is written before the connections end
      await database.close();
    },
  };
}
