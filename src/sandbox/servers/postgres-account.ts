import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NAME = 'postgres';
const SHARED_DIR = '/var/lib/breakwater';

/** The account that PostgreSQL runs under when we are root, because it refuses to run as root. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * @returns undefined when we are not root: then PostgreSQL runs as we do
 * @throws Error when the account is missing and cannot be made
 */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await findAccount()) ?? (await makeAccount());
}

async function findAccount(): Promise<Account | undefined> {
  const ask = async (flag: string) => Number((await run('id', [flag, NAME])).stdout);
  return Promise.all([ask('-u'), ask('-g')]).then(
    ([uid, gid]) => ({ uid, gid }),
    () => undefined,
  );
}

async function makeAccount(): Promise<Account> {
  const made = await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME]).catch(
    (error: unknown) => error,
  );
  const account = await findAccount();
  if (account) return account;
  throw new Error(`PostgreSQL refuses to run as root, and the user '${NAME}' cannot be made: make it, or run as another user`, {
    cause: made,
  });
}

/**
 * @returns the folder for the cluster: the data folder, or one under /var/lib/breakwater when the account cannot reach the data folder
 * (root's home is closed to everybody else)
 */
export async function reachableFolder(dataDir: string, account: Account | undefined): Promise<string> {
  if (!account || (await isOpenToAll(dataDir))) return dataDir;
  return sharedFolder(createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12));
}

/** @returns a folder that every account can pass through, made when missing */
export async function sharedFolder(name: string): Promise<string> {
  const folder = join(SHARED_DIR, name);
  await mkdir(folder, { recursive: true });
  for (const each of [SHARED_DIR, folder]) await chmod(each, 0o711);
  return folder;
}

/** @returns whether every account may pass through the folder and all folders above it */
export async function isOpenToAll(folder: string): Promise<boolean> {
  const path = resolve(folder);
  if (((await stat(path)).mode & 0o001) === 0) return false;
  return path === dirname(path) || isOpenToAll(dirname(path));
}
