import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from './running-server.ts';

/**
 * Lets the Temporal SDK download the Temporal CLI that fits it, once.
 * The SDK would run it for this process only, so it is merely asked for the file; we start it ourselves, on our data and detached if need be.
 * @returns the CLI's binary
 * @throws Error when it cannot be downloaded
 */
export async function downloadTemporal(cacheDir: string, log: Log): Promise<string> {
  const downloadDir = join(cacheDir, 'temporal-cli');
  await mkdir(downloadDir, { recursive: true });
  const already = await downloaded(downloadDir);
  if (already) return already;
  log(`downloading the Temporal CLI (into ${downloadDir})`);
  const { TestWorkflowEnvironment } = await import('@temporalio/testing'); // loaded here only: it starts the SDK's native runtime
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir } } });
  await environment.teardown();
  const binary = await downloaded(downloadDir);
  if (!binary) throw new Error(`the SDK left no Temporal CLI in ${downloadDir}`);
  return binary;
}

async function downloaded(downloadDir: string): Promise<string | undefined> {
  const name = (await readdir(downloadDir)).find((file) => file.startsWith('temporal') && !file.includes('downloading'));
  return name && join(downloadDir, name);
}
