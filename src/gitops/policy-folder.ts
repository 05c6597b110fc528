import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { sha256 } from '../records/audit/digest.ts';
import { isPolicyFile } from '../policy/folder.ts';
import { readSource } from '../language/source.ts';
import { SyncRefused } from './error.ts';

/** Who put a file there, and what it then was. In a hidden file beside the policies, which whoever reads policies passes over. */
const MARK = '.breakwater-sync.json';
const Mark = z.object({ files: z.record(z.string(), z.object({ digest: z.string(), managedBy: z.string() })) });
/** Versions that are kept: a worker may be reading the last one, and a person may want to look. */
const KEPT_VERSIONS = 3;

/** A policy or calendar in force. */
export interface FileInForce {
  text: string;
  /** The sync that put it there, and the digest of what it put; absent: nobody knows. */
  mark?: { digest: string; managedBy: string };
}

/** The folder that a symbolic link leads to, as it is now. */
export type FolderInForce = ReadonlyMap<string, FileInForce>;

/** @throws SyncRefused when there is something else than a symbolic link */
async function mustBeLink(link: string): Promise<boolean> {
  const found = await lstat(link).catch(() => undefined);
  if (found && !found.isSymbolicLink())
    throw new SyncRefused(
      `${link} is no symbolic link: a folder is not swapped as a whole. Move it away, or name another place with --policies-to`,
    );
  return found !== undefined;
}

/** Reads what is in force. Nothing there, or a link that leads nowhere: an empty folder. @throws SyncRefused when it cannot be told */
export async function readInForce(link: string): Promise<FolderInForce> {
  if (!(await mustBeLink(link))) return new Map();
  const folder = await realpath(link).catch(() => undefined);
  if (folder === undefined) return new Map();
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.') && isPolicyFile(name));
  const marks = await readMark(folder);
  return new Map(
    names.sort().map((name) => {
      const mark = marks[name];
      return [name, { text: readSource(join(folder, name)), ...(mark && { mark }) }];
    }),
  );
}

/** No such file: no sync was ever here. @throws SyncRefused when who put what there cannot be told */
async function readMark(folder: string): Promise<z.infer<typeof Mark>['files']> {
  try {
    return Mark.parse(JSON.parse(await readFile(join(folder, MARK), 'utf8'))).files;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new SyncRefused(
      `${join(folder, MARK)} cannot be read, and it says which sync put which policy there: put it back, or remove it and take the files over with --adopt`,
    );
  }
}

/**
 * Swaps the folder as a whole: a new one is written and on disk before the link leads to it. Killed at any moment, the old or the new one is in force.
 * @param files all that shall be in force, with whoever manages each
 */
export async function publish(link: string, files: FolderInForce): Promise<void> {
  await mustBeLink(link);
  const [parent, name] = [dirname(link), basename(link)];
  await mkdir(parent, { recursive: true });
  const version = `${prefixOf(name)}${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
  const folder = join(parent, version);
  await mkdir(folder);
  for (const [file, { text }] of files) await writeThrough(join(folder, file), text);
  const marks = [...files].flatMap(([file, { mark }]) => (mark ? [[file, mark]] : []));
  await writeThrough(join(folder, MARK), `${JSON.stringify({ files: Object.fromEntries(marks) as unknown }, null, 2)}\n`);
  await syncFolder(folder);
  const next = join(parent, `${version}.link`);
  await symlink(version, next);
  await rename(next, link);
  await syncFolder(parent);
  await tidy(parent, name);
}

const prefixOf = (name: string): string => `${name}.sync-`;

async function writeThrough(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Takes old versions away, and what a sync that was killed had begun. Only what is named as we name it. */
async function tidy(parent: string, name: string): Promise<void> {
  const current = await readlink(join(parent, name));
  const ours = (await readdir(parent)).filter((one) => one.startsWith(prefixOf(name)) && one !== current).sort();
  const links = ours.filter((one) => one.endsWith('.link'));
  const old = ours.filter((one) => !one.endsWith('.link')).slice(0, -(KEPT_VERSIONS - 1));
  for (const one of [...links, ...old]) await rm(join(parent, one), { recursive: true, force: true });
}

/** What a sync puts there. */
export const managed = (text: string, managedBy: string): FileInForce => ({ text, mark: { digest: sha256(text), managedBy } });

/** Whether somebody has changed a file since it was put there. */
export const wasEdited = ({ text, mark }: FileInForce): boolean => mark !== undefined && mark.digest !== sha256(text);
