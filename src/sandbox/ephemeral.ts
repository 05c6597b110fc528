import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ownEnv } from './own-env.ts';
import { endReaper } from './reaper.ts';
import { removePostgresData, startPostgres } from './servers/postgres.ts';
import { startTemporal } from './servers/temporal.ts';
import type { Log } from './servers/running-server.ts';
import { createStarted } from './started.ts';
import { startWorkerProcess } from './worker-process.ts';

const TASK_QUEUE = 'breakwater';

/** A Breakwater of its own on this machine, without a system to be shot at: that is the caller's. */
export interface Ephemeral {
  /** What a command needs in its environment to use it, and nothing of another Breakwater. Holds secrets. */
  env: Record<string, string>;
  /** Log of its worker. */
  workerLog: string;
  /** Stops everything, undoes what is not undone, and removes its data. Safe to repeat. */
  stop(): Promise<void>;
}

export interface EphemeralOptions {
  /** Its data are in a new folder below. */
  homeDir: string;
  /** Sites that its worker serves. */
  sites: readonly string[];
  log: Log;
}

/**
 * Starts PostgreSQL, Temporal and a worker on free ports, so that several can be up at once. When one fails, what was started before is stopped.
 * @throws Error when a server does not start: it says which and what to do
 */
export async function startEphemeral({ homeDir, sites, log }: EphemeralOptions): Promise<Ephemeral> {
  await mkdir(homeDir, { recursive: true });
  const dir = await mkdtemp(join(resolve(homeDir), 'ephemeral-'));
  const at = { postgres: join(dir, 'postgres'), temporal: join(dir, 'temporal'), worker: join(dir, 'worker'), state: join(dir, 'state') };
  const { keep, add, stop } = createStarted(log);
  add({ stop: () => rm(dir, { recursive: true, force: true }) });
  add({ stop: () => removePostgresData(at.postgres) });
  try {
    const postgres = await keep('PostgreSQL', () => startPostgres({ dataDir: at.postgres, databases: [TASK_QUEUE], log }));
    const temporal = await keep('Temporal', () => startTemporal({ dataDir: at.temporal, settings: undefined, log }));
    const env = {
      ...(await ownEnv(process.env, dir)),
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      BREAKWATER_DATABASE_URL: postgres.url(TASK_QUEUE),
      BREAKWATER_HOME: dir,
      BREAKWATER_STATE_DIR: at.state,
      BREAKWATER_SITES: sites.join(','),
      BREAKWATER_ROLE: 'all',
      BREAKWATER_TASK_QUEUE: TASK_QUEUE,
    };
    add({ stop: () => endReaper(at.state) }); // after the worker: it undoes first what is not undone yet
    await keep('a Breakwater worker', () =>
      startWorkerProcess({
        dataDir: at.worker,
        env: { ...process.env, ...env },
        temporalAddress: temporal.address,
        taskQueues: [TASK_QUEUE, ...sites.map((site) => `${TASK_QUEUE}.${site}`)],
        detached: false,
      }),
    );
    return { env, workerLog: join(at.worker, 'worker.log'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
