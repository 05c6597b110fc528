import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findPayments, startPayments, type PaymentsSystem } from './payments/system.ts';
import { ownEnv } from './own-env.ts';
import { endReaper, findReaper, sandboxStateDir } from './reaper.ts';
import { findPostgres, startPostgres, type PostgresServer } from './servers/postgres.ts';
import { startReplica } from './servers/postgres-replica.ts';
import type { Log } from './servers/running-server.ts';
import { findTemporal, startTemporal, type TemporalServer } from './servers/temporal.ts';
import { createStarted } from './started.ts';
import { findWorkerProcess, startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** Ports of the sandbox on loopback; the examples name them. */
export const SANDBOX_PORTS = {
  temporal: 17243,
  temporalUi: 17244,
  postgres: 15432,
  replica: 15433,
  gateway: 18080,
  supervisor: 18081,
} as const;
/** A worker books about 22 payments a second: three carry the load, two do not. */
const PAYMENTS_PER_SECOND = 60;
const TASK_QUEUES = ['breakwater', 'breakwater.local'];

/** Everything that Breakwater needs to be tried out, and a system worth killing, on this machine. */
export interface Sandbox {
  /** What a Breakwater process needs in its environment to use it. Holds secrets. */
  env: Record<string, string>;
  temporal: TemporalServer;
  payments: PaymentsSystem;
  worker: WorkerProcess;
  /** Starts a worker in the place of one that is gone. */
  restartWorker(): Promise<WorkerProcess>;
  /** Stops everything that was started, newest first. Safe to repeat. */
  stop(): Promise<void>;
}

export interface SandboxOptions {
  homeDir: string;
  /** Whether it outlives this process. */
  detached: boolean;
  log: Log;
}

const folders = (homeDir: string) => {
  const dir = join(homeDir, 'sandbox');
  return {
    dir,
    temporal: join(dir, 'temporal'),
    postgres: join(dir, 'postgres'),
    replica: join(dir, 'replica'),
    payments: join(dir, 'payments'),
    worker: join(dir, 'worker'),
  };
};

/** Settings by which CLI and worker reach the sandbox. */
const environment = (
  homeDir: string,
  temporal: Pick<TemporalServer, 'address' | 'namespace'>,
  postgres: PostgresServer,
): Record<string, string> => ({
  TEMPORAL_ADDRESS: temporal.address,
  TEMPORAL_NAMESPACE: temporal.namespace,
  BREAKWATER_DATABASE_URL: postgres.url('breakwater'),
  BREAKWATER_SECRET_PAYMENTS_DB: postgres.url('payments'),
  BREAKWATER_HOME: homeDir,
});

/**
 * Starts Temporal, PostgreSQL with a replica, the payments system and a worker, in this order. When one fails, what was started before is stopped.
 * @throws Error when a port is taken or a server does not start: it says which and what to do
 */
export async function startSandbox({ homeDir, detached, log }: SandboxOptions): Promise<Sandbox> {
  const at = folders(homeDir);
  await mkdir(at.dir, { recursive: true });
  const { keep, add, stop } = createStarted(log);
  try {
    const postgres = await keep('PostgreSQL', () =>
      startPostgres({ dataDir: at.postgres, port: SANDBOX_PORTS.postgres, databases: ['breakwater', 'payments'], detached, log }),
    );
    const replica = await keep('its streaming replica', () =>
      startReplica(postgres, { dataDir: at.replica, port: SANDBOX_PORTS.replica, detached, log }),
    );
    const temporal = await keep('Temporal', () =>
      startTemporal({ dataDir: at.temporal, port: SANDBOX_PORTS.temporal, uiPort: SANDBOX_PORTS.temporalUi, detached, log }),
    );
    log(`Temporal: ${temporal.source}, ${temporal.address}`);
    const payments = await keep('the payments system: gateway, supervisor, 4 workers, load', () =>
      startPayments({
        databaseUrl: postgres.url('payments'),
        replicaUrl: replica.url('payments'),
        gatewayPort: SANDBOX_PORTS.gateway,
        supervisorPort: SANDBOX_PORTS.supervisor,
        ratePerSecond: PAYMENTS_PER_SECOND,
        dataDir: at.payments,
        detached,
        log,
      }),
    );
    const env = environment(homeDir, temporal, postgres);
    const own = await ownEnv(process.env, at.dir);
    const startWorker = (): Promise<WorkerProcess> =>
      startWorkerProcess({
        dataDir: at.worker,
        env: { ...process.env, ...own, ...env },
        temporalAddress: temporal.address,
        taskQueues: TASK_QUEUES,
        detached,
      });
    add({ stop: () => endReaper(sandboxStateDir(homeDir)) }); // after the worker and before those whom it lets go
    const worker = await keep('a Breakwater worker', startWorker);
    return { env, temporal, payments, worker, restartWorker: () => keep('the Breakwater worker again', startWorker), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What of a detached sandbox still runs. */
export interface FoundSandbox {
  /** Settings by which to reach it; undefined when Temporal or PostgreSQL does not run. */
  env?: Record<string, string>;
  uiUrl?: string;
  parts: { name: string; stop(): Promise<void> }[];
}

/** Finds what an earlier `startSandbox` left running. */
export async function findSandbox(homeDir: string): Promise<FoundSandbox> {
  const at = folders(homeDir);
  const [worker, reaper, payments, temporal, replica, postgres] = await Promise.all([
    findWorkerProcess(at.worker),
    findReaper(sandboxStateDir(homeDir)),
    findPayments(at.payments),
    findTemporal(at.temporal),
    findPostgres(at.replica),
    findPostgres(at.postgres),
  ]);
  const all = { worker, reaper, payments, Temporal: temporal, 'PostgreSQL replica': replica, PostgreSQL: postgres };
  return {
    ...(temporal && postgres && { env: environment(homeDir, temporal, postgres) }),
    ...(temporal?.uiUrl !== undefined && { uiUrl: temporal.uiUrl }),
    parts: Object.entries(all).flatMap(([name, part]) => (part ? [{ name, stop: () => part.stop() }] : [])),
  };
}
