import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { passwordFile, prepare, query, startCluster, type PostgresOptions, type PostgresServer, type Prepared } from './postgres.ts';

const run = promisify(execFile);
const STREAM_WITHIN_MS = 20_000;

/** Folders whose content belongs to the running primary alone; a base backup leaves it out. */
const emptied = new Set(['pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans']);
const omitted = /^(postmaster\.(pid|opts)|current_logfiles|pg_internal\.init.*|pgsql_tmp.*)$/;

/**
 * Starts a streaming replica of a server on this machine. A replica holds nothing of its own, so every start clones it anew.
 * The clone is a base backup over PostgreSQL's functions and a copy of the files: the package ships no pg_basebackup.
 * @returns the replica, once it streams; it is found again by `findPostgres` and takes the primary's password
 * @throws Error when it does not stream within 20 seconds
 */
export async function startReplica(primary: PostgresServer, options: PostgresOptions): Promise<PostgresServer> {
  const prepared = await prepare(options.dataDir, options.cacheDir);
  const { password } = new URL(primary.url('postgres'));
  await writeFile(passwordFile(options.dataDir), password, { mode: 0o600 });
  await cloneWithRetry(primary, prepared);
  await follow(primary, prepared, password);
  const replica = await startCluster(prepared, options, password);
  try {
    await awaitStreaming(replica);
  } catch (error) {
    await replica.stop();
    throw error;
  }
  return replica;
}

/** A file of the running primary may vanish under the copy; that is rare, and another copy is the remedy. */
async function cloneWithRetry(primary: PostgresServer, prepared: Prepared): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await clone(primary, prepared.clusterDir);
    } catch (error) {
      if (attempt === 3 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** The connection stays open throughout: PostgreSQL ends a backup whose session has gone. */
async function clone(primary: PostgresServer, clusterDir: string): Promise<void> {
  const client = new pg.Client({ connectionString: primary.url('postgres') });
  await client.connect();
  try {
    await rm(clusterDir, { recursive: true, force: true });
    await mkdir(clusterDir, { mode: 0o700 });
    await client.query("SELECT pg_backup_start('breakwater-replica', true)");
    await cp(primary.clusterDir, clusterDir, { recursive: true, filter: (source) => belongsToBackup(primary.clusterDir, source) });
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    await writeFile(join(clusterDir, 'backup_label'), rows[0]?.labelfile ?? '', { mode: 0o600 });
  } finally {
    await client.end();
  }
}

const belongsToBackup = (root: string, source: string) =>
  !omitted.test(basename(source)) && !(dirname(dirname(source)) === root && emptied.has(basename(dirname(source))));

async function follow(primary: PostgresServer, { clusterDir, account }: Prepared, password: string): Promise<void> {
  const conninfo = `host=127.0.0.1 port=${primary.port} user=postgres password=${password} application_name=replica`;
  const settings = `primary_conninfo = '${conninfo}'\nwal_retrieve_retry_interval = '500ms'\nwal_receiver_status_interval = '1s'\n`;
  await appendFile(join(clusterDir, 'postgresql.auto.conf'), settings, { mode: 0o600 });
  await writeFile(join(clusterDir, 'standby.signal'), '', { mode: 0o600 });
  if (account) await run('chown', ['-R', `${account.uid}:${account.gid}`, clusterDir]);
}

async function awaitStreaming(replica: PostgresServer): Promise<void> {
  const deadlineMs = Date.now() + STREAM_WITHIN_MS;
  for (;;) {
    const { rows } = await query(replica.url('postgres'), 'SELECT status FROM pg_stat_wal_receiver');
    if ((rows[0] as { status?: string } | undefined)?.status === 'streaming') return;
    if (Date.now() > deadlineMs)
      throw new Error(`The replica does not stream within ${STREAM_WITHIN_MS / 1000} s; its log is in its data folder`);
    await sleep(50);
  }
}
