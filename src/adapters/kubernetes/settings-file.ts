import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writeWhole } from '../process/write-file.ts';
import type { ClusterSettings } from './connect.ts';

/** Paths and names only: the credentials stay where they are. */
const Saved = z.strictObject({ kubeconfig: z.string(), context: z.string().optional(), protectedNamespaces: z.array(z.string()) });

const fileIn = (stateDir: string): string => join(stateDir, 'cluster.json');

/** Leaves word for the reaper, which outlives the worker, of the cluster that its undo records speak of. */
export async function saveCluster(stateDir: string, cluster: ClusterSettings | undefined): Promise<void> {
  if (!cluster) return rm(fileIn(stateDir), { force: true });
  await mkdir(stateDir, { recursive: true, mode: 0o700 }); // the first worker of a machine finds none
  await writeWhole(fileIn(stateDir), cluster, 'replace');
}

/** @throws Error naming the file when it is there and cannot be read */
export async function savedCluster(stateDir: string): Promise<ClusterSettings | undefined> {
  try {
    const { context, ...saved } = Saved.parse(JSON.parse(await readFile(fileIn(stateDir), 'utf8')));
    return { ...saved, ...(context !== undefined && { context }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${fileIn(stateDir)}: it is not what a worker wrote; start the site's worker again`, { cause: error });
  }
}
