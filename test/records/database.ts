import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createRecords } from '../../src/records/postgres.ts';

const serverUrl = (): string => {
  const url = process.env.BREAKWATER_TEST_DATABASE_URL;
  if (!url) throw new Error('BREAKWATER_TEST_DATABASE_URL is not set: the global set-up of the tests starts PostgreSQL and sets it');
  return url;
};

/** Runs one statement on a connection of its own. */
export async function sql<Row extends object>(url: string, statement: string): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query(statement)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** An empty database of one's own on the tests' PostgreSQL. */
export async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `records_${process.pid}_${randomBytes(4).toString('hex')}`;
  await sql(serverUrl(), `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return { url: url.href, drop: async () => void (await sql(serverUrl(), `DROP DATABASE ${name} WITH (FORCE)`)) };
}

/** The same with the schema of the records. */
export async function createMigratedDatabase(): ReturnType<typeof createDatabase> {
  const database = await createDatabase();
  const records = createRecords({ url: database.url, maxConnections: 1 });
  await records.migrate().finally(() => records.close());
  return database;
}

/** Empties runs and the audit log, as only their owner can, who takes the triggers away. */
export const forgetEverything = (url: string): Promise<object[]> =>
  sql(
    url,
    `ALTER TABLE breakwater.audit DISABLE TRIGGER USER; TRUNCATE breakwater.audit, breakwater.runs, breakwater.catalogue CASCADE;
    ALTER TABLE breakwater.audit ENABLE TRIGGER USER`,
  );
