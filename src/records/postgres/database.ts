import pg from 'pg';
import { translate } from '../errors.ts';

/** How to reach the records. */
export interface RecordsOptions {
  /** `postgres://user:password@host:port/database`; never shown. */
  url: string;
  /** Connections of this process, 1 or more. */
  maxConnections: number;
  /** Longest wait for a connection, milliseconds. */
  connectTimeoutMs?: number;
  /** Longest time of one statement at the server, milliseconds. */
  statementTimeoutMs?: number;
}

/** Sends one statement. */
export type Query = <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) => Promise<pg.QueryResult<Row>>;

/** One place where statements are sent and errors are cleaned. */
export interface Database {
  /** @param doing names the deed in an error: `append samples` */
  query<Row extends pg.QueryResultRow>(doing: string, sql: string, values?: unknown[]): Promise<pg.QueryResult<Row>>;
  /**
   * Everything that `work` sends, or nothing of it.
   * @param begin a statement or more that begin it, without parameters: they go together with its BEGIN
   * @param work is given the rows of the last of them
   */
  transaction<Row extends pg.QueryResultRow, R>(
    doing: string,
    begin: string,
    work: (query: Query, begun: readonly Row[]) => Promise<R>,
  ): Promise<R>;
  /** One connection for as long as `use` takes. @param use is told whether the connection broke meanwhile */
  alone<R>(doing: string, use: (query: Query, isBroken: () => boolean) => Promise<R>): Promise<R>;
  /** What a connection of its own needs, with the longest time of a statement, milliseconds. */
  connection(statementTimeoutMs: number): pg.ClientConfig;
  clean(cause: unknown, doing: string): Error;
  close(): Promise<void>;
}

/** What must never be shown: the URL and the password in it, as written and decoded. */
function secretsOf(url: string): string[] {
  const password = URL.canParse(url) ? new URL(url).password : '';
  const decoded = password.includes('%') ? safeDecode(password) : password;
  return [...new Set([url, password, decoded])].filter((secret) => secret.length > 0);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Opens nothing yet: the first query connects. */
export function openDatabase({ url, maxConnections, connectTimeoutMs = 5_000, statementTimeoutMs = 10_000 }: RecordsOptions): Database {
  const secrets = secretsOf(url);
  const clean = (cause: unknown, doing: string): Error => translate(cause, doing, secrets);
  const connection = (statementMs: number): pg.ClientConfig => ({
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementMs,
    // Also bounded here: a server that froze keeps no promise about its own time-outs.
    query_timeout: statementMs + 2_000,
    application_name: 'breakwater',
    keepAlive: true,
  });
  const pool = new pg.Pool({ ...connection(statementTimeoutMs), max: maxConnections, idleTimeoutMillis: 30_000 });
  // Without a listener, an idle connection that breaks would end the process; the next query reports it.
  pool.on('error', () => undefined);

  return {
    async query(doing, sql, values = []) {
      try {
        return await pool.query(sql, values);
      } catch (cause) {
        throw clean(cause, doing);
      }
    },
    async transaction<Row extends pg.QueryResultRow, R>(
      doing: string,
      begin: string,
      work: (query: Query, begun: readonly Row[]) => Promise<R>,
    ) {
      let client: pg.PoolClient | undefined;
      let isBroken = false;
      // Without a listener, a connection that breaks between two statements would end the process; the next statement reports it.
      const onError = (): void => {
        isBroken = true;
      };
      try {
        client = await pool.connect();
        client.on('error', onError);
        // Several statements in one message have several results, which the types do not know.
        const begun = (await client.query(`BEGIN; ${begin}`)) as unknown as pg.QueryResult<Row>[];
        const done = await work(client.query.bind(client), begun.at(-1)?.rows ?? []);
        await client.query('COMMIT');
        return done;
      } catch (cause) {
        // A connection that cannot even take back what it did is of no use to the next one.
        await client?.query('ROLLBACK').catch(() => (isBroken = true));
        throw clean(cause, doing);
      } finally {
        client?.off('error', onError);
        client?.release(isBroken);
      }
    },
    async alone(doing, use) {
      let isBroken = false;
      const client = await pool.connect().catch((cause: unknown) => {
        throw clean(cause, doing);
      });
      const onError = (): void => {
        isBroken = true;
      };
      client.on('error', onError);
      const send: Query = <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
        client.query<Row>(sql, values).catch((cause: unknown) => {
          throw clean(cause, doing);
        });
      try {
        return await use(send, () => isBroken);
      } finally {
        client.off('error', onError);
        client.release(isBroken);
      }
    },
    connection,
    clean,
    close: () => pool.end(),
  };
}
