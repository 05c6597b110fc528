import pg from 'pg';
import type { SqlPort, SqlQuery, SqlResult } from '../../probes/ports.ts';

const POOL = {
  max: 4,
  idleTimeoutMillis: 10_000,
  connectionTimeoutMillis: 10_000,
  application_name: 'breakwater-probe',
  allowExitOnIdle: true,
};
const { BOOL, INT2, INT4, INT8, OID, FLOAT4, FLOAT8, NUMERIC }: Record<string, number> = pg.types.builtins;
const NUMBERS: readonly (number | undefined)[] = [INT2, INT4, INT8, OID, FLOAT4, FLOAT8, NUMERIC];
/** Values stay as the server wrote them. */
const asText = { getTypeParser: () => (text: string) => text };

/** PostgreSQL through a small pool per connection string; a pool without connections for ten seconds is forgotten. */
export function createSql(): SqlPort & { close(): Promise<void> } {
  const pools = new Map<string, pg.Pool>();
  const poolFor = (connectionString: string): pg.Pool => {
    const known = pools.get(connectionString);
    if (known) return known;
    const pool = new pg.Pool({ ...POOL, connectionString });
    pool.on('error', () => undefined); // an idle connection broke: the pool has already dropped it, and the next query tells
    pool.on('remove', () => {
      if (pool.totalCount > 0 || pool.waitingCount > 0 || pools.get(connectionString) !== pool) return;
      pools.delete(connectionString);
      void pool.end();
    });
    pools.set(connectionString, pool);
    return pool;
  };
  return {
    query: (query) =>
      ask(() => poolFor(query.connectionString), query).catch((error: unknown) => Promise.reject(redacted(error, query.connectionString))),
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.end()));
    },
  };
}

async function ask(poolFor: () => pg.Pool, { query, statementTimeoutMs, signal }: SqlQuery): Promise<SqlResult> {
  const client = await connect(poolFor(), signal);
  let isSpoilt = true; // a connection in an unknown state is closed, not put back
  const drop = (): void => void (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  const alreadyTold = (): void => undefined; // the query under way fails with the same error; unheard it would end the worker
  client.on('error', alreadyTold);
  signal.addEventListener('abort', drop, { once: true });
  try {
    const clock = await begin(client, statementTimeoutMs);
    const result = { ...(await run(client, query)), clock };
    await client.query('ROLLBACK');
    isSpoilt = false;
    return result;
  } finally {
    signal.removeEventListener('abort', drop);
    client.release(isSpoilt);
    if (!isSpoilt) client.off('error', alreadyTold);
  }
}

/** Begins the transaction, and reads the server's clock on the way. */
async function begin(client: pg.PoolClient, statementTimeoutMs: number): Promise<NonNullable<SqlResult['clock']>> {
  const limit = `SET LOCAL statement_timeout = ${Math.ceil(statementTimeoutMs)}`;
  const clock = 'SELECT extract(epoch FROM pg_catalog.clock_timestamp()) * 1000 AS ms';
  const beforeMs = Date.now();
  const answers = (await client.query(`BEGIN READ ONLY; ${limit}; ${clock}`)) as unknown as pg.QueryResult<{ ms: string }>[];
  return { theirsMs: Number(answers.at(-1)?.rows[0]?.ms), beforeMs, afterMs: Date.now() };
}

/** The extended protocol refuses a second statement, so a `COMMIT; DELETE …` does not get out of the transaction. */
async function run(client: pg.PoolClient, text: string): Promise<SqlResult> {
  const { rows, fields } = await client.query<(string | null)[]>({
    text,
    rowMode: 'array',
    types: asText,
    queryMode: 'extended',
  } as pg.QueryArrayConfig);
  const columns = fields.map(({ name, dataTypeID }) => ({ name, isNumber: NUMBERS.includes(dataTypeID), isBoolean: dataTypeID === BOOL }));
  return { columns, rows };
}

/** Waits for a connection; one that comes after the caller has gone is put back. */
function connect(pool: pg.Pool, signal: AbortSignal): Promise<pg.PoolClient> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    pool.connect().then(
      (client) => {
        signal.removeEventListener('abort', leave);
        if (signal.aborted) client.release();
        else resolve(client);
      },
      (error: Error) => {
        signal.removeEventListener('abort', leave);
        reject(error);
      },
    );
  });
}

function redacted(error: unknown, connectionString: string): Error {
  const { message, code } = error as { message?: string; code?: string };
  const secrets = [connectionString, passwordOf(connectionString)].filter((secret) => secret !== undefined && secret !== '') as string[];
  const text = secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), message || code || 'the query failed');
  return new Error(`PostgreSQL: ${text}`);
}

function passwordOf(connectionString: string): string | undefined {
  try {
    return new pg.Client({ connectionString }).password; // connects to nothing: it only parses
  } catch {
    return undefined;
  }
}
