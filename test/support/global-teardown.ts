import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { stopRecorded } from '../../src/sandbox/servers/process-record.ts';

const run = promisify(execFile);
/** On a slow disk PostgreSQL writes its last checkpoint for long; killed in it, its children would go on writing into a folder that is being removed. */
const STOPPED_WITHIN_MS = 30_000;

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
    // A process that is just ending may still write: its folder is not empty at once.
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function stopServers(dir: string): Promise<void> {
  const records = await find(dir, '-name', '*.process.json');
  const signalFor = (file: string) => (file.endsWith('postgres.process.json') ? 'SIGINT' : 'SIGTERM');
  await Promise.all(records.map((file) => stopRecorded(file, { signal: signalFor(file), withinMs: STOPPED_WITHIN_MS })));
}

async function takeClustersDown(dir: string): Promise<void> {
  for (const mark of await find(dir, '-maxdepth', '3', '-name', 'breakwater-cluster'))
    await run(resolve('testbed/kubernetes/down.sh'), [dirname(mark)], { timeout: 120_000 });
}

/** What lives there adds and removes files all the time: `find` prints what it found, also when something vanished under it, which it calls a failure. */
async function find(dir: string, ...expression: string[]): Promise<string[]> {
  const { stdout } = await run('find', [dir, ...expression], { maxBuffer: 64 << 20 }).catch((error: { stdout?: string }) => {
    if (error.stdout === undefined) throw error;
    return { stdout: error.stdout };
  });
  return stdout.split('\n').filter(Boolean);
}
