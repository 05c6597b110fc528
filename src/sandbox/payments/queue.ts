import type pg from 'pg';
import PgBoss from 'pg-boss';
import { Payment, type Status } from './payment.ts';

const NAME = 'payments';
/** pg-boss looks for timed-out jobs once per maintenance, at most every second; we ask it more often, so that redelivery is prompt. */
const EXPIRE_EVERY_MS = 250;
/** Redelivery never gives up: what cannot be booked is rejected by a worker, not by the queue. */
const RETRY_LIMIT = 1_000_000;

/** A payment in a worker's hands, until it is acknowledged or its visibility timeout has passed. */
export interface Delivery {
  payment: Payment;
  /** 1 at first. */
  attempt: number;
}

/** The queue: at least once, oldest first. */
export interface PaymentQueue {
  /** @returns false when a payment with this id is there already */
  put(payment: Payment, visibilityTimeoutMs: number): Promise<boolean>;
  take(): Promise<Delivery | undefined>;
  acknowledge(id: string): Promise<void>;
  /** Gives it back, to be delivered again at once. */
  giveBack(id: string, reason: string): Promise<void>;
  /** How many wait, and since when the oldest does. Those in a worker's hands do not wait. */
  backlog(): Promise<{ depth: number; oldestSeconds: number }>;
  /** For a payment that has not ended. `lost`: acknowledged. */
  stateOf(id: string): Promise<Extract<Status, 'queued' | 'processing' | 'lost' | 'unknown'>>;
  close(): Promise<void>;
}

/**
 * Opens the queue. One process, the keeper, makes it and brings timed-out payments back; the others expect it to be there.
 * @throws Error when it is not
 */
export async function openQueue(pool: pg.Pool, schema: string, { keeper }: { keeper: boolean }): Promise<PaymentQueue> {
  const queueSchema = `${schema}_queue`;
  const db: PgBoss.Db = { executeSql: (text, values) => pool.query(text, values as unknown[]) };
  const boss = new PgBoss({
    db,
    schema: queueSchema,
    schedule: false,
    migrate: keeper,
    supervise: keeper,
    maintenanceIntervalSeconds: 10,
    archiveCompletedAfterSeconds: 60, // the search for timed-out jobs reads the whole table: keep it short
    deleteAfterMinutes: 10,
  });
  boss.on('error', (error) => console.error(`queue: ${error.message}`));
  await boss.start();
  if (keeper) await boss.createQueue(NAME, { name: NAME, policy: 'standard', retryLimit: RETRY_LIMIT, retryDelay: 0 });
  const expiry = keeper ? expireOften(boss) : undefined;
  return {
    put: async (payment, visibilityTimeoutMs) =>
      (await boss.send(NAME, payment, { id: payment.id, expireInSeconds: visibilityTimeoutMs / 1_000 })) !== null,
    take: async () => {
      const [job] = await boss.fetch<unknown>(NAME, { includeMetadata: true });
      return job && { payment: Payment.parse(job.data), attempt: job.retryCount + 1 };
    },
    acknowledge: (id) => boss.complete(NAME, id),
    giveBack: (id, reason) => boss.fail(NAME, id, { reason }),
    backlog: async () => {
      const { rows } = await pool.query<{ depth: string; oldest: number | null }>(
        `SELECT count(*) AS depth, extract(epoch FROM now() - min(created_on))::float AS oldest
         FROM ${queueSchema}.job WHERE name = $1 AND state < 'active'`,
        [NAME],
      );
      return { depth: Number(rows[0]?.depth), oldestSeconds: Math.max(0, rows[0]?.oldest ?? 0) };
    },
    stateOf: async (id) => {
      const job = await boss.getJobById(NAME, id, { includeArchive: true });
      if (!job) return 'unknown';
      if (job.state === 'active') return 'processing';
      return job.state === 'created' || job.state === 'retry' ? 'queued' : 'lost';
    },
    close: async () => {
      clearInterval(expiry);
      await boss.stop({ graceful: false, close: false });
    },
  };
}

function expireOften(boss: PgBoss): NodeJS.Timeout {
  let busy = false;
  return setInterval(() => {
    if (busy) return;
    busy = true;
    boss
      .expire()
      .catch((error: unknown) => console.error(`queue: timed-out payments were not looked for: ${(error as Error).message}`))
      .finally(() => (busy = false));
  }, EXPIRE_EVERY_MS);
}
