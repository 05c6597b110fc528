import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, loadTemporalSettings, type TemporalSettings } from '../../config.ts';
import { searchAttributes as ours } from '../../domain/search-attributes.ts';
import { awaitAnswer, launch } from './launch.ts';
import { freePort, mustBeFree } from './ports.ts';
import { findRecorded, recordProcess, stopRecorded, type ProcessRecord } from './process-record.ts';
import { toStderr, type Log, type RunningServer } from './running-server.ts';
import { checkTemporal, type SearchAttributes } from './temporal-health.ts';
import { findTemporalProgram } from './temporal-program.ts';

const START_WITHIN_MS = 60_000;

/** A Temporal server that does work. */
export interface TemporalServer extends RunningServer {
  namespace: string;
  /** Temporal Web, when we know where it is. */
  uiUrl?: string;
  /** For `Connection.connect` and `NativeConnection.connect`. */
  connection: TemporalSettings['connection'];
}

export interface TemporalOptions {
  /** Holds the database file, the log and the process record. */
  dataDir: string;
  /** Default: a free one. */
  port?: number;
  uiPort?: number;
  namespace?: string;
  searchAttributes?: SearchAttributes;
  /** Whether it outlives this process; then `findTemporal` finds it again. */
  detached?: boolean;
  /** A server that the settings name is used instead of starting one. Give `undefined` to always start one. */
  settings?: TemporalSettings | undefined;
  cacheDir?: string;
  log?: Log;
}

/**
 * Gives a Temporal server that does work: the one that the settings name, else one started here on a file that survives kill -9.
 * @throws Error when a port is taken, another server runs on the same data, or no server can be had (with the choices)
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const { searchAttributes = ours, log = toStderr, cacheDir = cacheFolder() } = options;
  const settings = 'settings' in options ? options.settings : loadTemporalSettings();
  if (settings?.given) return useGiven(settings, searchAttributes);
  await mkdir(options.dataDir, { recursive: true });
  await mustNotRun(options.dataDir);
  const port = options.port ?? (await freePort());
  const uiPort = options.uiPort ?? (await freePort());
  await mustBeFree(port, 'Temporal');
  await mustBeFree(uiPort, 'Temporal Web');
  const program = await findTemporalProgram(cacheDir, log);
  const namespace = options.namespace ?? 'default';
  const server = await launch({
    command: program.command,
    args: program.args({ dbFile: join(options.dataDir, 'temporal.db'), port, uiPort, namespace, searchAttributes }),
    logFile: join(options.dataDir, 'temporal.log'),
    detached: options.detached ?? false,
    stopSignal: 'SIGTERM',
  });
  const detail = { namespace, source: program.source };
  const record = await recordProcess(recordFile(options.dataDir), { name: 'Temporal', pid: server.pid, ports: { port, uiPort }, detail });
  const running = fromRecord(options.dataDir, record);
  try {
    await awaitAnswer(server, 'Temporal', () => checkTemporal({ address: running.address }, namespace, searchAttributes), START_WITHIN_MS);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

/** @returns the server that an earlier `startTemporal` left running on this data, or undefined */
export async function findTemporal(dataDir: string): Promise<TemporalServer | undefined> {
  const record = await findRecorded(recordFile(dataDir));
  return record && fromRecord(dataDir, record);
}

const recordFile = (dataDir: string) => join(dataDir, 'temporal.process.json');

function fromRecord(dataDir: string, { pid, ports, detail }: ProcessRecord): TemporalServer {
  const address = `127.0.0.1:${ports['port']}`;
  return {
    address,
    port: ports['port'] ?? 0,
    pid,
    source: detail['source'] ?? 'unknown',
    namespace: detail['namespace'] ?? 'default',
    uiUrl: `http://127.0.0.1:${ports['uiPort']}`,
    connection: { address },
    stop: async () => void (await stopRecorded(recordFile(dataDir), { withinMs: 10_000 })),
  };
}

async function useGiven(settings: TemporalSettings, searchAttributes: SearchAttributes): Promise<TemporalServer> {
  const { address, namespace, connection } = settings;
  await checkTemporal(connection, namespace, searchAttributes).catch((cause: Error) => {
    throw new Error(`Temporal at ${address}, namespace '${namespace}' (TEMPORAL_* settings) cannot be used: ${cause.message}`, { cause });
  });
  return { address, namespace, connection, port: Number(address.split(':').at(-1)), source: 'TEMPORAL_* settings', stop: async () => {} };
}

/** Two servers on one SQLite file would corrupt each other's view of it. */
async function mustNotRun(dataDir: string): Promise<void> {
  const record = await findRecorded(recordFile(dataDir));
  if (record)
    throw new Error(
      `A Temporal server (pid ${record.pid}, port ${record.ports['port']}) already runs on ${dataDir}. Use it, or stop it first.`,
    );
}
