import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writeWhole } from '../process/write-file.ts';
import type { ClusterSettings } from './connect.ts';

/** Paths and names only: the credentials stay where they are. */
const Saved = z.strictObject({ kubeconfig: z.string(), context: z.string().optional(), protectedNamespaces: z.array(z.string()) });

const fileIn = (stateDir: string): string => join(stateDir, 'cluster.json');

/**
 * Leaves word for the reaper, which outlives the worker, of the cluster that its undo records speak of. A state folder is for one cluster: in another,
 * whoever was cordoned or scaled down would seem to be gone, and so undone. A worker without a cluster leaves the word of others alone.
 * @throws Error when the folder's word is of another cluster
 */
export async function saveCluster(stateDir: string, cluster: ClusterSettings | undefined): Promise<void> {
  if (!cluster) return;
  const earlier = await savedCluster(stateDir);
  if (earlier && (earlier.kubeconfig !== cluster.kubeconfig || earlier.context !== cluster.context))
    throw new Error(
      `${fileIn(stateDir)} says that the leases of this folder are of ${nameOf(earlier)}, and BREAKWATER_KUBECONFIG is ${nameOf(cluster)}: give each cluster a BREAKWATER_STATE_DIR of its own, or remove the file when \`breakwater leftovers\` shows that nothing is held`,
    );
  await mkdir(stateDir, { recursive: true, mode: 0o700 }); // the first worker of a machine finds none
  await writeWhole(fileIn(stateDir), cluster, 'replace');
}

const nameOf = ({ kubeconfig, context }: ClusterSettings): string => (context === undefined ? kubeconfig : `${kubeconfig} (${context})`);

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
