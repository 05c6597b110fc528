import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { identify, isAlive } from './process-identity.ts';

/** A process that was left running, written down so that a later command can find and stop exactly this one. */
export const ProcessRecord = z.strictObject({
  name: z.string().min(1),
  pid: z.int().positive(),
  startTime: z.string(),
  bootId: z.string(),
  startedAt: z.iso.datetime(),
  /** Ports by what they are for. */
  ports: z.record(z.string(), z.int()).default({}),
  /** Whatever a reader needs to use it again. Never a secret. */
  detail: z.record(z.string(), z.string()).default({}),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

/** How a recorded process is asked to go, and how long it may take before it is killed. */
export interface StopOptions {
  signal?: NodeJS.Signals;
  withinMs?: number;
}

/**
 * Writes down a living process.
 * @throws Error when there is no process with this pid
 */
export async function recordProcess(
  file: string,
  process: { name: string; pid: number; ports?: Record<string, number>; detail?: Record<string, string> },
): Promise<ProcessRecord> {
  const identity = await identify(process.pid);
  if (!identity) throw new Error(`${process.name} (pid ${process.pid}) ended before it could be written down`);
  const record = ProcessRecord.parse({ ...process, ...identity, startedAt: new Date().toISOString() });
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${globalThis.process.pid}.new`;
  await writeFile(unfinished, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
  return record;
}

/**
 * @returns the record, if the file exists and exactly that process still lives
 * @throws Error when the file is not one of ours
 */
export async function findRecorded(file: string): Promise<ProcessRecord | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const record = parseRecord(file, text);
  return (await isAlive(record)) ? record : undefined;
}

/**
 * Stops the recorded process, if it is still that one, and removes the record. A pid that was reused is never signalled.
 * @returns whether there was something to stop
 */
export async function stopRecorded(file: string, options: StopOptions = {}): Promise<boolean> {
  const record = await findRecorded(file);
  if (record) await stopProcess(record, options);
  await rm(file, { force: true });
  return record !== undefined;
}

/** @throws Error when the process survives SIGKILL by 5 seconds */
export async function stopProcess(record: ProcessRecord, { signal = 'SIGTERM', withinMs = 10_000 }: StopOptions = {}): Promise<void> {
  if (await goneAfter(record, signal, withinMs)) return;
  if (await goneAfter(record, 'SIGKILL', 5_000)) return;
  throw new Error(`${record.name} (pid ${record.pid}) did not end, not even by SIGKILL; look at it with: ps -fp ${record.pid}`);
}

async function goneAfter(record: ProcessRecord, signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
  if (!(await isAlive(record))) return true;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  const deadlineMs = Date.now() + withinMs;
  while (await isAlive(record)) {
    if (Date.now() > deadlineMs) return false;
    await sleep(25);
  }
  return true;
}

function parseRecord(file: string, text: string): ProcessRecord {
  try {
    return ProcessRecord.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} is not a process record of Breakwater; look whether its process runs, then remove the file`, { cause });
  }
}
