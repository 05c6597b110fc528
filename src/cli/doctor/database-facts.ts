import { openDatabase, type Database } from '../../records/postgres/database.ts';
import { missingMigrations as missing } from '../../records/postgres/migrated.ts';

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

/** Migrations of this version that the database has not seen. @throws RecordsError */
export const missingMigrations = (url: string): Promise<string[]> => withDatabase(url, missing);

/** How long the audit log is, and whether this user could change it: owners and superusers can, whatever they were granted. @throws RecordsError */
export const auditFacts = (url: string): Promise<{ sequence: number; mayChange: boolean }> =>
  withDatabase(url, async (database) => {
    const { rows } = await database.query<{ sequence: number; mayChange: boolean }>(
      'read the end of the audit log',
      `SELECT coalesce((SELECT max(sequence) FROM breakwater.audit), 0)::float8 AS sequence,
        has_table_privilege('breakwater.audit', 'UPDATE, DELETE, TRUNCATE') AS "mayChange"`,
    );
    return rows[0] ?? { sequence: 0, mayChange: true };
  });
