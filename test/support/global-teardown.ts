import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stopRecorded } from '../../src/sandbox/servers/process-record.ts';

/**
 * Stops every server that runs on data below the run's folder, the shared ones and those that an interrupted test left, and removes the folder.
 * Processes that keep a `*.process.json` of their own there are stopped too.
 */
export default async function stopShared(): Promise<void> {
  const dir = process.env['BREAKWATER_TEST_DIR'];
  if (!dir) return;
  const records = (await readdir(dir, { recursive: true })).filter((file) => file.endsWith('.process.json'));
  await Promise.all(
    records.map((file) => stopRecorded(join(dir, file), { signal: file.endsWith('postgres.process.json') ? 'SIGINT' : 'SIGTERM' })),
  );
  await rm(dir, { recursive: true, force: true });
}
