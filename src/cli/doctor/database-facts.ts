import { migrations } from '../../records/migrations/index.ts';
import { openDatabase, type Database } from '../../records/postgres/database.ts';

async function withDatabase<R>(url: string, use: (database: Database) => Promise<R>): Promise<R> {
  const database = openDatabase({ url, maxConnections: 1, connectTimeoutMs: 4_000, statementTimeoutMs: 3_000 });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** The database's clock, epoch milliseconds. @throws RecordsError */
export const clockOf = (url: string): Promise<number> =>
  withDatabase(url, async (database) => {
    const { rows } = await database.query<{ now: number }>(
      'read its clock',
      'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
    );
    return rows[0]?.now ?? NaN;
  });

/** Migrations of this version that the database has not seen. Looks only: the tool's own check would create its table. @throws RecordsError */
export const missingMigrations = (url: string): Promise<string[]> =>
  withDatabase(url, async (database) => {
    const { rows: found } = await database.query<{ table: string | null }>(
      'look for its migrations',
      "SELECT to_regclass('breakwater.migrations')::text AS table",
    );
    if (!found[0]?.table) return Object.keys(migrations);
    const { rows } = await database.query<{ name: string }>('read its migrations', 'SELECT name FROM breakwater.migrations');
    const done = new Set(rows.map(({ name }) => name));
    return Object.keys(migrations).filter((name) => !done.has(name));
  });
