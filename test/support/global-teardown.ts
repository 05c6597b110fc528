import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { stopRecorded } from '../../src/sandbox/servers/process-record.ts';

const run = promisify(execFile);

/**
 * Stops every server that runs on data below the run's folder, the shared ones and those that an interrupted test left, and removes the folder.
 * Kubernetes clusters in folders there are taken down.
 * Processes that keep a `*.process.json` of their own there are stopped too.
 */
export default async function stopShared(): Promise<void> {
  const dir = process.env['BREAKWATER_TEST_DIR'];
  if (!dir) return;
  try {
    await takeClustersDown(dir);
  } finally {
    await stopServers(dir);
    await rm(dir, { recursive: true, force: true });
  }
}

async function stopServers(dir: string): Promise<void> {
  const records = (await readdir(dir, { recursive: true })).filter((file) => file.endsWith('.process.json'));
  await Promise.all(
    records.map((file) => stopRecorded(join(dir, file), { signal: file.endsWith('postgres.process.json') ? 'SIGINT' : 'SIGTERM' })),
  );
}

/** Asked of `find`, because a cluster that runs adds and removes files all the time. */
async function takeClustersDown(dir: string): Promise<void> {
  const { stdout } = await run('find', [dir, '-maxdepth', '3', '-name', 'breakwater-cluster']);
  for (const mark of stdout.split('\n').filter(Boolean))
    await run(resolve('testbed/kubernetes/down.sh'), [dirname(mark)], { timeout: 60_000 });
}
