import pg from 'pg';
import type { Outcome, Payment, Status } from './payment.ts';
import type { PaymentQueue } from './queue.ts';

/** The channel that tells of payments that ended: `<id> <outcome>`. One database may hold several systems, so the schema is part of it. */
export const channelOf = (schema: string): string => `${schema}_done`;

/**
 * A commit does not wait for the disk: commits that notify are flushed one after the other, so that 60 payments a second were too many for a disk that
 * needs 8 ms for a flush, and it was the disk that failed an experiment about workers. A crash of PostgreSQL itself may lose the last second.
 */
const WITHOUT_THE_DISK = '-c synchronous_commit=off';

/** @returns connections to the payments database; one that breaks while idle is replaced at the next query */
export function openPool(connectionString: string, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: 5_000,
    application_name: 'payments',
    options: WITHOUT_THE_DISK,
  });
  pool.on('error', (error) => console.error(`database connection lost: ${error.message}`));
  return pool;
}

/** Makes the table of payments that ended. Safe to repeat. */
export async function prepareStorage(pool: pg.Pool, schema: string): Promise<void> {
  await pool.query(`
    CREATE SCHEMA IF NOT EXISTS ${schema};
    CREATE TABLE IF NOT EXISTS ${schema}.payments (
      id uuid PRIMARY KEY,
      amount_cents bigint NOT NULL,
      currency text NOT NULL,
      outcome text NOT NULL,
      worker text NOT NULL,
      attempt int NOT NULL,
      ended_at timestamptz NOT NULL DEFAULT now()
    )`);
}

/** Removes a system's payments and queue. */
export async function dropStorage(pool: pg.Pool, schema: string): Promise<void> {
  await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE; DROP SCHEMA IF EXISTS ${schema}_queue CASCADE`);
}

/**
 * Books a payment and tells who waits for it, both or neither. A payment that was delivered twice is booked once: the second time changes
 * and tells nothing.
 */
export async function book(pool: pg.Pool, schema: string, payment: Payment, how: { outcome: Outcome; worker: string; attempt: number }) {
  await pool.query(
    `WITH booked AS (
       INSERT INTO ${schema}.payments (id, amount_cents, currency, outcome, worker, attempt)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING RETURNING id, outcome)
     SELECT pg_notify($7, id || ' ' || outcome) FROM booked`,
    [payment.id, payment.amountCents, payment.currency, how.outcome, how.worker, how.attempt, channelOf(schema)],
  );
}

/** @returns how the payments ended that did */
export async function outcomesOf(pool: pg.Pool, schema: string, ids: string[]): Promise<Map<string, Outcome>> {
  const { rows } = await pool.query<{ id: string; outcome: Outcome }>(
    `SELECT id, outcome FROM ${schema}.payments WHERE id = ANY($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map(({ id, outcome }) => [id, outcome]));
}

/** @returns where a payment is */
export async function statusOf(pool: pg.Pool, schema: string, queue: PaymentQueue, id: string): Promise<Status> {
  const before = (await outcomesOf(pool, schema, [id])).get(id);
  const state = before ?? (await queue.stateOf(id));
  if (state !== 'lost') return state;
  return (await outcomesOf(pool, schema, [id])).get(id) ?? 'lost'; // it may have ended between the two questions
}
