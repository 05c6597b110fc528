import type { Records } from './ports.ts';
import { migrate } from './migrate.ts';
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
  const { settled, ...samples } = sampleRecords(database);
  return {
    ...runRecords(database),
    ...eventRecords(database),
    ...waveRecords(database),
    ...samples,
    ...signalRecords(database),
    ...retention(database),
    async migrate() {
      try {
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
      await settled(); // what waits for its turn is written before the connections end
      await database.close();
    },
  };
}
