import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ProcessRecord } from '../servers/process-record.ts';

/** A running payments system, written down so that a later command can find and stop exactly its processes. Holds no secret. */
export const PaymentsState = z.strictObject({
  gatewayUrl: z.string(),
  supervisorUrl: z.string(),
  /** The supervisor's registry of workers, as Breakwater's selector reads it. */
  registryFile: z.string(),
  dataDir: z.string(),
  /** Every process but the workers, in the order in which they are to be stopped. */
  processes: z.array(ProcessRecord),
});
export type PaymentsState = z.infer<typeof PaymentsState>;

/** @returns the file that keeps one process of a system, beside its log */
export const recordFile = (dataDir: string, name: string): string => join(dataDir, `${name}.process.json`);

/** @returns the file that keeps a system's state */
export const stateFile = (dataDir: string): string => join(dataDir, 'payments.json');

/** Writes a state to its folder; nobody ever reads half of it. */
export async function saveState(state: PaymentsState): Promise<void> {
  const file = stateFile(state.dataDir);
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** @returns the state in a folder, if there is one. @throws Error naming the file when it is not a state */
export async function loadState(dataDir: string): Promise<PaymentsState | undefined> {
  const file = stateFile(dataDir);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return PaymentsState.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} is not the state of a payments system; look whether its processes run, then remove the file`, { cause });
  }
}
