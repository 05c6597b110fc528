import { migrations } from '../migrations/index.ts';
import type { Database } from './database.ts';

/**
 * Migrations of this version that the database has not seen. Looks only: the tool's own check would create its table.
 * @param doing what an error says was tried
 * @throws RecordsError
 */
export async function missingMigrations({ query }: Pick<Database, 'query'>, doing = 'look for its migrations'): Promise<string[]> {
  const { rows: found } = await query<{ table: string | null }>(doing, "SELECT to_regclass('breakwater.migrations')::text AS table");
  if (!found[0]?.table) return Object.keys(migrations);
  const { rows } = await query<{ name: string }>(doing, 'SELECT name FROM breakwater.migrations');
  const done = new Set(rows.map(({ name }) => name));
  return Object.keys(migrations).filter((name) => !done.has(name));
}

export const isMigrated = async (database: Pick<Database, 'query'>): Promise<boolean> =>
  (await missingMigrations(database, 'migrate')).length === 0;
