import { randomUUID } from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** `create` fails with EEXIST when the file is there: one creator wins. */
export type How = 'replace' | 'create';

/**
 * Writes a file that is either there with all its content or not there at all, and on disk when this returns.
 * @param above other folders that hold new names: they are flushed too
 */
export async function writeDurably(path: string, content: unknown, how: How, ...above: string[]): Promise<void> {
  await write(path, content, how, true);
  await flushFolders(dirname(path), ...above.filter((folder) => folder !== dirname(path)));
}

/**
 * The same without waiting for the disk, for what may be lost with the machine. It survives kill -9 of anybody; after a power loss the file
 * may be missing, or torn as `isTornByPowerLoss` tells.
 */
export const writeWhole = (path: string, content: unknown, how: How): Promise<void> => write(path, content, how, false);

/** Makes the names in folders as durable as the files behind them. At once, because the file system writes them together. */
export async function flushFolders(...paths: string[]): Promise<void> {
  await Promise.all(
    paths.map(async (path) => {
      const folder = await open(path, 'r');
      await folder.sync().finally(() => folder.close());
    }),
  );
}

/** Whether a file that was written whole lost its content with the machine: file systems then keep the name and nothing, or zeros, behind it. */
export const isTornByPowerLoss = (text: string): boolean => /^\0*$/.test(text);

async function write(path: string, content: unknown, how: How, isFlushed: boolean): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(content));
    if (isFlushed) await file.sync();
  } finally {
    await file.close();
  }
  if (how === 'replace') await rename(draft, path);
  else await link(draft, path).finally(() => unlink(draft));
}
