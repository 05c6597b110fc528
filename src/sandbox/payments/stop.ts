import { rm } from 'node:fs/promises';
import { isAlive } from '../servers/process-identity.ts';
import { stopProcess, type ProcessRecord } from '../servers/process-record.ts';
import { readRegistryFile, type RegistryEntry } from './registry-file.ts';
import { recordFile, stateFile, type PaymentsState } from './state.ts';

/** An orphaned or stopped worker is woken, sees that its supervisor is gone and ends; one that does not is killed after this. */
const ORPHAN_WITHIN_MS = 1_500;

/**
 * Stops a payments system: the load first, then supervisor and workers, then the gateway. Processes that are stopped by SIGSTOP, and workers whose
 * supervisor was killed, end too. A pid that belongs to another process by now is never signalled. Safe to repeat.
 * @throws Error naming what would not end; everything else is stopped all the same
 */
export async function stopPayments(state: PaymentsState): Promise<void> {
  const problems: unknown[] = [];
  const attempt = (act: Promise<unknown>) => act.catch((error: unknown) => problems.push(error));
  const registered = new Map<string, RegistryEntry>();
  const readRegistry = async () => {
    for (const entry of await readRegistryFile(state.registryFile)) registered.set(`${entry.pid} ${entry.startTime}`, entry);
  };

  await attempt(readRegistry());
  for (const record of state.processes) {
    await attempt(wake(record).then(() => stopProcess(record)));
    await rm(recordFile(state.dataDir, record.name), { force: true });
  }
  await attempt(readRegistry()); // it may have started others before it ended
  await Promise.all(
    [...registered.values()].map((worker) => attempt(stopProcess(asRecord(worker), { signal: 'SIGCONT', withinMs: ORPHAN_WITHIN_MS }))),
  );
  if (problems.length === 0) for (const file of [state.registryFile, stateFile(state.dataDir)]) await rm(file, { force: true });
  else throw new AggregateError(problems, problems.map((problem) => (problem as Error).message).join('; '));
}

/** @returns the pids of all its processes that live, workers among them */
export async function livingPids(state: PaymentsState): Promise<number[]> {
  const all = [...state.processes, ...(await readRegistryFile(state.registryFile))];
  const alive = await Promise.all(all.map(isAlive));
  return all.filter((_, index) => alive[index]).map(({ pid }) => pid);
}

/** A process that is stopped by SIGSTOP takes no SIGTERM before it goes on. */
async function wake(record: ProcessRecord): Promise<void> {
  if (await isAlive(record)) process.kill(record.pid, 'SIGCONT');
}

const asRecord = ({ name, pid, startTime, bootId }: RegistryEntry): ProcessRecord => ({
  name,
  pid,
  startTime,
  bootId,
  startedAt: new Date(0).toISOString(),
  ports: {},
  detail: {},
});
