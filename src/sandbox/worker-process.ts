import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { awaitAnswer, launch } from './servers/launch.ts';
import { findRecorded, recordProcess, stopProcess, stopRecorded, type ProcessRecord } from './servers/process-record.ts';

const START_WITHIN_MS = 30_000;
const entry = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** How a worker process of the sandbox is started. */
export interface WorkerOptions {
  /** Holds its log and its process record. */
  dataDir: string;
  env: NodeJS.ProcessEnv;
  temporalAddress: string;
  taskQueues: string[];
  detached: boolean;
}

/** A Breakwater worker in a process of its own. */
export interface WorkerProcess {
  record: ProcessRecord;
  stop(): Promise<void>;
  /** kill -9, at once: what the demo and the crash tests are about. */
  kill(): Promise<void>;
}

const recordFile = (dataDir: string): string => join(dataDir, 'worker.process.json');

/** Starts a worker and waits until Temporal sees it poll every one of its queues. */
export async function startWorkerProcess({ dataDir, env, temporalAddress, taskQueues, detached }: WorkerOptions): Promise<WorkerProcess> {
  const worker = await launch({
    command: process.execPath,
    args: [entry, 'worker'],
    logFile: join(dataDir, 'worker.log'),
    detached,
    stopSignal: 'SIGTERM',
    env: { ...env, BREAKWATER_PROCESS: '1' },
  });
  const startedMs = Date.now();
  const record = await recordProcess(recordFile(dataDir), { name: 'Breakwater worker', pid: worker.pid });
  const running = fromRecord(dataDir, record);
  try {
    await awaitAnswer(worker, 'the Breakwater worker', () => mustPoll(temporalAddress, taskQueues, worker.pid, startedMs), START_WITHIN_MS);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

/** @returns the worker that an earlier start left running, or undefined */
export async function findWorkerProcess(dataDir: string): Promise<WorkerProcess | undefined> {
  const record = await findRecorded(recordFile(dataDir));
  return record && fromRecord(dataDir, record);
}

const fromRecord = (dataDir: string, record: ProcessRecord): WorkerProcess => ({
  record,
  stop: async () => void (await stopRecorded(recordFile(dataDir), { withinMs: 8_000 })),
  kill: () => stopProcess(record, { signal: 'SIGKILL', withinMs: 5_000 }),
});

/** Pollers are named `pid@host`: an old entry of a killed worker does not count. */
async function mustPoll(address: string, taskQueues: string[], pid: number, sinceMs: number): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    for (const name of taskQueues) {
      // 1 = workflow, 2 = activity: the control queue runs workflows, a site's queue activities.
      const taskQueueType = name.includes('.') ? 2 : 1;
      const { pollers } = await connection.workflowService.describeTaskQueue({ namespace: 'default', taskQueue: { name }, taskQueueType });
      const isPolling = (pollers ?? []).some(
        ({ identity, lastAccessTime }) =>
          identity?.startsWith(`${pid}@`) && Number(lastAccessTime?.seconds ?? 0) * 1_000 >= sinceMs - 1_000,
      );
      if (!isPolling) throw new Error(`it does not poll ${name} yet`);
    }
  } finally {
    await connection.close();
  }
}
