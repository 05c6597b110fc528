import { resolve, join } from 'node:path';
import * as z from 'zod';
import { awaitAnswer } from '../servers/launch.ts';
import { freePort } from '../servers/ports.ts';
import { recordProcess } from '../servers/process-record.ts';
import type { Log } from '../servers/running-server.ts';
import { compiledPrograms, startProgram, type Program } from './programs.ts';
import { loadState, recordFile, saveState, type PaymentsState } from './state.ts';
import { livingPids, stopPayments } from './stop.ts';
import { dropStorage, openPool } from './storage.ts';
import { Weaknesses, type WeaknessChange } from './weaknesses.ts';

/** How to start a payments system. */
export interface PaymentsOptions {
  /** Secret. */
  databaseUrl: string;
  /** A streaming replica of it; without one there is no `payments_replica_lag_seconds`. Secret. */
  replicaUrl?: string;
  /** Number of workers, 0–32; default 4. */
  workers?: number;
  /** Payments per second, default 40; 0: no load generator. */
  ratePerSecond?: number;
  weaknesses?: WeaknessChange;
  log: Log;
  /** Gets logs, process records and the registry of workers. */
  dataDir: string;
  /** Whether it outlives this process; then `findPayments` finds it again, or keep `state` for `stopPayments`. */
  detached?: boolean;
  /** Schema of the payments; its content, and that of `<schema>_queue`, is removed at the start. Default `payments_sandbox`. */
  schema?: string;
  /** Default: a free port. */
  gatewayPort?: number;
  supervisorPort?: number;
  /** How long a worker needs for a payment, default 40. */
  workMs?: number;
  /** Until when a payment must have ended, default 5000. */
  deadlineMs?: number;
  /** When a payment that was taken and not done is given to another worker, default 2000, at least 1000. */
  visibilityTimeoutMs?: number;
  /** Every n-th payment is one that nobody can book; default none. */
  poisonEvery?: number;
  /** Where the compiled programs are; default: this package's. */
  programDir?: string;
}

/** A payments system that answers. */
export interface PaymentsSystem {
  gatewayUrl: string;
  supervisorUrl: string;
  registryFile: string;
  /** To be kept as JSON for a later `stopPayments`. */
  state: PaymentsState;
  /** Switches weaknesses while it runs; those that are not named stay. */
  weaken(change: WeaknessChange): Promise<Weaknesses>;
  /** Pids of all its living processes, workers among them. */
  pids(): Promise<number[]>;
  /** Ends everything. Safe to repeat. @throws Error naming what would not end */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 20_000;

/**
 * Starts gateway, supervisor with its workers, and load generator as processes, on an empty store, and waits until all workers take payments.
 * @throws Error with the end of the log of what did not come up; what did is stopped again
 */
export async function startPayments(options: PaymentsOptions): Promise<PaymentsSystem> {
  const { schema = 'payments_sandbox', detached = false, programDir = compiledPrograms(), log, workers = 4, ratePerSecond = 40 } = options;
  const dataDir = resolve(options.dataDir);
  const [gatewayPort, supervisorPort] = [options.gatewayPort ?? (await freePort()), options.supervisorPort ?? (await freePort())];
  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
  const supervisorUrl = `http://127.0.0.1:${supervisorPort}`;
  const state: PaymentsState = { gatewayUrl, supervisorUrl, registryFile: join(dataDir, 'workers.json'), dataDir, processes: [] };

  const start = async (name: Program['name'], env: Program['env']) => {
    const program = await startProgram({ name, env, logFile: join(dataDir, `${name}.log`), detached, programDir });
    state.processes.unshift(await recordProcess(recordFile(dataDir, name), { name, pid: program.pid })); // the last started is stopped first
    await saveState(state); // at once, so that what a killed start left can be found
    return program;
  };
  const common = { PAYMENTS_DATABASE_URL: options.databaseUrl, PAYMENTS_SCHEMA: schema };

  try {
    await emptyStorage(options.databaseUrl, schema);
    const gateway = await start('gateway', {
      ...common,
      PAYMENTS_PORT: String(gatewayPort),
      PAYMENTS_REPLICA_URL: options.replicaUrl,
      PAYMENTS_DEADLINE_MS: options.deadlineMs?.toString(),
      PAYMENTS_VISIBILITY_TIMEOUT_MS: options.visibilityTimeoutMs?.toString(),
    });
    await awaitAnswer(gateway, 'the payments gateway', () => askJson(`${gatewayUrl}/health`), READY_WITHIN_MS);
    log(`payments gateway: ${gatewayUrl}`);
    const supervisor = await start('supervisor', {
      ...common,
      PAYMENTS_PORT: String(supervisorPort),
      PAYMENTS_WORKERS: String(workers),
      PAYMENTS_REGISTRY_FILE: state.registryFile,
      PAYMENTS_WORK_MS: options.workMs?.toString(),
      PAYMENTS_WEAKNESSES: JSON.stringify(Weaknesses.parse(options.weaknesses ?? {})),
    });
    await awaitAnswer(supervisor, 'the payments supervisor', () => allRunning(supervisorUrl, workers), READY_WITHIN_MS);
    log(`payments supervisor: ${supervisorUrl}, ${workers} workers`);
    if (ratePerSecond > 0) {
      await start('load', {
        PAYMENTS_GATEWAY_URL: gatewayUrl,
        PAYMENTS_RATE_PER_SECOND: String(ratePerSecond),
        PAYMENTS_POISON_EVERY: options.poisonEvery?.toString(),
      });
      log(`payments load: ${ratePerSecond} a second`);
    }
  } catch (error) {
    await stopPayments(state).catch((problem: unknown) => log((problem as Error).message));
    throw error;
  }
  return asSystem(state);
}

/** @returns the system that an earlier `startPayments` left running on this folder, or what is left of it; undefined when nothing of it lives */
export async function findPayments(dataDir: string): Promise<PaymentsSystem | undefined> {
  const state = await loadState(resolve(dataDir));
  return state && (await livingPids(state)).length > 0 ? asSystem(state) : undefined;
}

const asSystem = (state: PaymentsState): PaymentsSystem => ({
  gatewayUrl: state.gatewayUrl,
  supervisorUrl: state.supervisorUrl,
  registryFile: state.registryFile,
  state,
  weaken: async (change) => Weaknesses.parse(await askJson(`${state.supervisorUrl}/weaknesses`, change)),
  pids: () => livingPids(state),
  stop: () => stopPayments(state),
});

async function emptyStorage(databaseUrl: string, schema: string): Promise<void> {
  const pool = openPool(databaseUrl, 1);
  try {
    await dropStorage(pool, schema);
  } finally {
    await pool.end();
  }
}

async function allRunning(supervisorUrl: string, workers: number): Promise<void> {
  const states = z.array(z.object({ state: z.string(), pid: z.int().nullable() })).parse(await askJson(`${supervisorUrl}/workers`));
  const running = states.filter(({ state, pid }) => state === 'running' && pid !== null).length;
  if (running !== workers) throw new Error(`${running} of ${workers} workers take payments`);
}

async function askJson(url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(2_000),
    ...(body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return response.json();
}
