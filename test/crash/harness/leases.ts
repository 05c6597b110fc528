import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LEASES, namesWith } from '../../../src/adapters/leases/names.ts';
import { livingReaper, RECORD, reaperFolder } from '../../../src/adapters/leases/reaper-process.ts';
import { sourceFor } from '../../../src/adapters/process/platform.ts';
import { stopRecorded } from '../../../src/sandbox/servers/process-record.ts';

const source = sourceFor(process.platform);

/** What the leases at the target still hold: undo records whose fault has not ended, and undos that failed. */
export function leasesLeft(stateDir: string): string[] {
  const folder = join(stateDir, LEASES);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return [...namesWith(files, 'lease'), ...namesWith(files, 'stuck')];
}

/** The process that enforces the leases of a state folder; undefined when none lives. */
export const reaperPid = (stateDir: string): number | undefined => livingReaper(reaperFolder(stateDir, source), source)?.pid;

/** Ends it, as a test must that started one: it outlives its worker. */
export const endReaper = async (stateDir: string): Promise<void> => {
  await stopRecorded(join(reaperFolder(stateDir, source), RECORD));
};
