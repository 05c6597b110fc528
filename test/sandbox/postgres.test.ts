import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReplica } from '../../src/sandbox/servers/postgres-replica.ts';
import { findPostgres, query, removePostgresData, startPostgres, type PostgresServer } from '../../src/sandbox/servers/postgres.ts';
import { identify } from '../../src/sandbox/servers/process-identity.ts';
import { freshDir } from '../support/servers.ts';

const quiet = () => {};
const started: PostgresServer[] = [];
let dir: string;

const start = async (dataDir: string, port?: number) => {
  const server = await startPostgres({ dataDir, databases: ['payments'], log: quiet, ...(port !== undefined && { port }) });
  started.push(server);
  return server;
};

beforeAll(async () => {
  dir = await freshDir('postgres');
});

afterAll(async () => {
  await Promise.all(started.map((server) => server.stop()));
});

test('keeps what was committed through kill -9, is found again by its record, and a stale record finds nothing', async () => {
  const dataDir = join(dir, 'killed');
  const first = await start(dataDir);
  await query(first.url('payments'), 'CREATE TABLE paid AS SELECT 42 AS amount');
  expect((await findPostgres(dataDir))?.url('payments')).toBe(first.url('payments'));
  expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);

  process.kill(first.pid ?? NaN, 'SIGKILL');
  await goneWithin(first.pid ?? NaN, 2_000);
  expect(await findPostgres(dataDir)).toBeUndefined();

  const second = await start(dataDir, first.port);
  expect((await query(second.url('payments'), 'SELECT amount FROM paid')).rows).toEqual([{ amount: 42 }]);
});

test('refuses a second server on the same data, and a port that is taken, saying by whom', async () => {
  const dataDir = join(dir, 'twice');
  const server = await start(dataDir);
  await expect(start(dataDir)).rejects.toThrow(`pid ${server.pid}, port ${server.port}) already runs on ${dataDir}`);
  await expect(start(join(dir, 'other'), server.port)).rejects.toThrow(
    `Port ${server.port} for PostgreSQL is taken by postgres (pid ${server.pid})`,
  );
});

test('stop leaves no process, and stopping again is fine', async () => {
  const server = await start(join(dir, 'stopped'));
  await server.stop();
  expect(await identify(server.pid ?? NaN)).toBeUndefined();
  await server.stop();
});

test('a replica streams, lags when told to pause, and can be started again', async () => {
  const primary = await start(join(dir, 'primary'));
  const options = { dataDir: join(dir, 'replica') };
  const replica = await startReplica(primary, options);
  started.push(replica);
  await query(primary.url('payments'), 'CREATE TABLE sent AS SELECT 1 AS id');
  await expect(rowsOn(replica, 'SELECT id FROM sent')).resolves.toEqual([{ id: 1 }]);

  await query(replica.url('postgres'), 'SELECT pg_wal_replay_pause()');
  await query(primary.url('payments'), 'INSERT INTO sent VALUES (2)');
  const lag = 'SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) > 0 AS behind WHERE pg_is_wal_replay_paused()';
  await expect(rowsOn(replica, lag, ([row]) => (row as { behind: boolean } | undefined)?.behind === true)).resolves.toBeDefined();

  await replica.stop();
  const again = await startReplica(primary, options);
  started.push(again);
  await expect(rowsOn(again, 'SELECT id FROM sent ORDER BY id')).resolves.toEqual([{ id: 1 }, { id: 2 }]);
});

test('works below a folder that is closed to others, as root’s home is', async () => {
  const closed = await mkdtemp(join(dir, 'closed-')); // 0700
  const dataDir = join(closed, 'data');
  const server = await start(dataDir);
  await expect(query(server.url('payments'), 'SELECT 1')).resolves.toBeDefined();
  await server.stop();
  await removePostgresData(dataDir);
  await expect(stat(server.clusterDir)).rejects.toThrow('ENOENT');
});

test('the log does not hold the password', async () => {
  const dataDir = join(dir, 'secret');
  await start(dataDir);
  const password = await readFile(join(dataDir, 'password'), 'utf8');
  expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).not.toContain(password);
});

async function goneWithin(pid: number, withinMs: number): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (await identify(pid)) {
    if (Date.now() > deadlineMs) throw new Error(`pid ${pid} still lives`);
    await sleep(20);
  }
}

/** Asks the replica until it has caught up; replication takes a moment. */
async function rowsOn(server: PostgresServer, sql: string, enough = (rows: unknown[]) => rows.length > 0): Promise<unknown[]> {
  for (let attempt = 1; ; attempt += 1) {
    const rows = await query(server.url('payments'), sql).then(
      (result) => result.rows as unknown[],
      (error: Error) => {
        if (attempt > 100) throw error;
        return [];
      },
    );
    if (enough(rows)) return rows;
    if (attempt > 100) throw new Error(`still ${JSON.stringify(rows)} for: ${sql}`);
    await sleep(50);
  }
}
