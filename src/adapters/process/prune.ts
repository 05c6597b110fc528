import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalRecord } from '../../faults/ports.ts';
import { PLACES, RUNS } from './bounds.ts';
import { readRecord } from './journal.ts';

/** What a clean-up did, and what it could not read. */
export interface Pruned {
  removed: number;
  problems: string[];
}

/**
 * Forgets orders that are closed and whose newest file is older than this, and the bounds of runs and places as old. An order that may still
 * have to be undone stays for ever.
 * @param isReversible whether a fault kind has an undo; true for a kind that nobody knows
 */
export async function pruneJournal(dir: string, olderThanMs: number, isReversible: (kind: string) => boolean): Promise<Pruned> {
  const pruned: Pruned = { removed: 0, problems: [] };
  const remove = async (folder: string): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    pruned.removed++;
  };
  for (const name of await list(dir)) {
    if (name === RUNS || name === PLACES) continue;
    const folder = join(dir, name);
    try {
      if ((await isOld(folder, olderThanMs)) && isClosed(await readRecord(folder), isReversible)) await remove(folder);
    } catch (error) {
      pruned.problems.push(`${folder}: ${(error as Error).message}`);
    }
  }
  for (const kind of [RUNS, PLACES])
    for (const name of await list(join(dir, kind))) {
      const folder = join(dir, kind, name);
      if (await isOld(folder, olderThanMs)) await remove(folder);
    }
  return pruned;
}

/** Whether nothing is owed any more: it was undone, touched nobody, or cannot be undone. */
const isClosed = ({ intent, deed, reversal }: JournalRecord, isReversible: (kind: string) => boolean): boolean =>
  reversal?.undone === true ||
  deed?.outcome === 'skipped' ||
  (deed !== undefined && intent !== undefined && !isReversible(intent.faultKind));

/** A folder changes with every file that is written into it by rename or link. */
const isOld = async (folder: string, olderThanMs: number): Promise<boolean> => Date.now() - (await stat(folder)).mtimeMs > olderThanMs;

const list = (dir: string): Promise<string[]> =>
  readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
