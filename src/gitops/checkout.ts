import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { SyncRefused } from './error.ts';
import type { Git } from './git.ts';
import { sourceOf } from './source.ts';

/** A folder of a checkout, at one commit. */
export interface Checkout {
  /** Absolute, without symbolic links. */
  folder: string;
  /** The working tree that it is in. */
  root: string;
  /** The folder in its repository, with slashes; empty: it is the whole. */
  prefix: string;
  head: string;
  /** Absent: a commit is checked out, and no branch. */
  branch?: string;
  /** Who made what is not known of a shallow clone. */
  isShallow: boolean;
  /** `git.example.com/resilience/chaos`: host, repository and folder. */
  source: string;
  /** Git's ids of the files of the commit, by path in the repository. */
  blobs: ReadonlyMap<string, string>;
}

/** Reads where a folder stands. @throws SyncRefused when it is in no checkout, or has no commit */
export async function openCheckout(given: string, git: Git): Promise<Checkout> {
  const folder = await realpath(given).catch(() => {
    throw new SyncRefused(`${given}: there is no such folder`);
  });
  const top = await git.attempt('rev-parse', '--show-toplevel');
  if (top === undefined) {
    await git.ask('--version'); // says so when there is no Git at all
    throw new SyncRefused(`${given} is in no Git checkout that git reads here: clone the repository, as the user who runs this`);
  }
  const head = (await git.attempt('rev-parse', '--verify', '--quiet', 'HEAD^{commit}'))?.trim();
  if (head === undefined) throw new SyncRefused(`${given}: the repository has no commit yet`);
  const root = await realpath(top.replace(/\n$/, ''));
  const prefix = relative(root, folder).split(sep).join('/');
  const [branch, shallow, remote] = await Promise.all([
    git.attempt('symbolic-ref', '--quiet', '--short', 'HEAD'),
    git.ask('rev-parse', '--is-shallow-repository'),
    git.attempt('config', '--get', 'remote.origin.url'),
  ]);
  return {
    folder,
    root,
    prefix,
    head,
    ...(branch !== undefined && { branch: branch.trim() }),
    isShallow: shallow.trim() !== 'false',
    source: sourceOf(remote?.trim() ?? root, root, prefix),
    blobs: await blobsOf(git, head, prefix),
  };
}

async function blobsOf(git: Git, head: string, prefix: string): Promise<Map<string, string>> {
  const listed = await git.ask('ls-tree', '-r', '-z', '--full-tree', head, ...(prefix === '' ? [] : ['--', `${prefix}/`]));
  return new Map(
    listed.split('\0').flatMap((line): [string, string][] => {
      const [, mode, id, path] = /^(\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return mode === undefined || mode === '120000' || id === undefined || path === undefined ? [] : [[path, id]];
    }),
  );
}

/** Whether a text is the file of that id, byte for byte. Reading drops a byte order mark. */
export const isBlob = (text: string, id: string): boolean => [text, `\uFEFF${text}`].some((one) => blobId(one, id.length) === id);

function blobId(text: string, length: number): string {
  const bytes = Buffer.from(text, 'utf8');
  return createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest('hex');
}
