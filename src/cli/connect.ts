import type { BreakwaterClient } from '../client.ts';
import type { Config } from '../config.ts';
import type { Records } from '../records/ports.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Longest wait for Temporal's first answer. */
const CONNECT_WITHIN_MS = 5_000;
/** Longest wait for the answer to one question. */
export const ANSWER_WITHIN_MS = 8_000;

/**
 * Opens the door to Temporal, uses it and closes it.
 * @throws CliError (7) when Temporal cannot be reached
 */
export async function withClient<R>(config: Config, use: (client: BreakwaterClient) => Promise<R>): Promise<R> {
  const { BreakwaterClient: Door } = await import('../client.ts');
  const { connection, namespace, address } = config.temporal;
  const options = { ...connection, connectTimeout: CONNECT_WITHIN_MS };
  const client = await Door.connect({ connection: options, namespace, taskQueue: config.taskQueue }).catch((cause: unknown) => {
    throw new CliError(
      EXIT.platform,
      `Temporal cannot be reached at ${address}.`,
      'Set TEMPORAL_ADDRESS, or start everything on this machine with `breakwater up`; `breakwater doctor` looks closer.',
      { cause },
    );
  });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** One question with a deadline: a server that froze must not freeze us. */
export const inTime = <R>(client: BreakwaterClient, ask: () => Promise<R>): Promise<R> =>
  client.temporal.withDeadline(Date.now() + ANSWER_WITHIN_MS, ask);

/**
 * Opens the records, uses them and closes them.
 * @param statementTimeoutMs longest time of one statement
 * @throws CliError (7) when no database is configured
 */
export async function withRecords<R>(
  config: Config,
  use: (records: Records) => Promise<R>,
  statementTimeoutMs = ANSWER_WITHIN_MS,
): Promise<R> {
  if (config.databaseUrl === undefined)
    throw new CliError(
      EXIT.platform,
      'BREAKWATER_DATABASE_URL is not set: the records are in PostgreSQL.',
      'Set it to postgres://user:password@host:port/database, or start a database with `breakwater up`.',
    );
  const { createRecords } = await import('../records/postgres.ts');
  const records = createRecords({
    url: config.databaseUrl,
    maxConnections: 2,
    connectTimeoutMs: CONNECT_WITHIN_MS,
    statementTimeoutMs,
  });
  try {
    return await use(records);
  } finally {
    await records.close();
  }
}
