import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { apiAccess, kubeconfig } from './kubeconfig.ts';

const run = promisify(execFile);
const scripts = resolve('testbed/kubernetes');
const WITHIN_MS = 180_000;

/**
 * Kills the API server as a crash would (`stop`), and starts it again and waits until it is ready (`start`, `restart`).
 * @throws Error when the cluster is not one that testbed/kubernetes/up.sh made
 */
export async function apiServer(action: 'stop' | 'start' | 'restart'): Promise<void> {
  await run(join(scripts, 'apiserver.sh'), [ownFolder(), action], { timeout: WITHIN_MS });
}

/** The API server crashes and is back. */
export const restartApiServer = (): Promise<void> => apiServer('restart');

/**
 * Makes an image from programs and folders of this machine and puts it on every node.
 * @param command what it runs by default
 * @param items `shell`, `program:node`, `/from:/to`, as testbed/kubernetes/image.sh takes them
 * @throws Error when the cluster is not one that testbed/kubernetes/up.sh made
 */
export async function loadImage(name: string, command: string[], items: string[]): Promise<void> {
  const tar = join(ownFolder(), 'images', `${randomUUID()}.tar`);
  try {
    await run(join(scripts, 'image.sh'), [tar, name, JSON.stringify(command), ...items], { timeout: WITHIN_MS });
    await run(join(scripts, 'load.sh'), [ownFolder(), tar], { timeout: WITHIN_MS });
  } finally {
    await rm(tar, { force: true });
  }
}

/**
 * @returns this machine's address as pods see it: what a test listens on there, pods can reach. The machine's loopback they cannot.
 * @throws Error when the cluster is not one that testbed/kubernetes/up.sh made
 */
export function machineAddress(): string {
  ownFolder();
  return apiAccess().server.hostname.replace(/\.2$/, '.1');
}

function ownFolder(): string {
  const folder = dirname(kubeconfig());
  if (!existsSync(join(folder, 'breakwater-cluster')))
    throw new Error(`${folder} holds no cluster of testbed/kubernetes/up.sh: others cannot be broken or given images from here`);
  return folder;
}
