import { createHash } from 'node:crypto';
import { mkdir, readdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalEntry } from '../../faults/ports.ts';
import { flushFolders } from './write-file.ts';

/** Below the journal: what bounds the orders of a run and of a place, beside the folders of the orders themselves. */
export const RUNS = 'runs';
export const PLACES = 'places';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Folders in which names are new. Whoever goes on to a deed, or refuses it for good, flushes them first: once, and all at the same time. */
export type Unflushed = Set<string>;

/**
 * Asked before every first deed, on disk and without a lock, so that no interleaving of workers gets past it.
 * @param unflushed gains what must be flushed before anybody acts on the answer
 * @returns why the order must not be carried out; undefined when it may, and then it counts as one of its place's victims for ever
 */
export const refusalOf = async (dir: string, entry: JournalEntry, unflushed: Unflushed): Promise<string | undefined> =>
  (await staleness(dir, entry, unflushed)) ?? (await excess(dir, entry, unflushed));

/** Fencing: a run's highest epoch is the highest number among its files, so it can only rise. @returns why the order is of an epoch that is over */
export async function staleness(dir: string, { place, epoch }: JournalEntry, unflushed: Unflushed): Promise<string | undefined> {
  if (!Number.isSafeInteger(epoch) || epoch < 0) return `the order does not say its epoch (${epoch})`;
  const folder = join(dir, RUNS, digest(place.workflowId));
  await make(folder, unflushed);
  const seen = await epochs(folder);
  if (!seen.includes(epoch)) {
    await writeFile(join(folder, `epoch-${epoch}`), '', { mode: 0o600 });
    unflushed.add(folder);
  }
  const newest = Math.max(epoch, ...(await epochs(folder)));
  return newest > epoch ? `the order is of epoch ${epoch}, and this site has seen epoch ${newest} of its run: it is stale` : undefined;
}

const epochs = async (folder: string): Promise<number[]> =>
  (await readdir(folder)).flatMap((name) => {
    const number = /^epoch-(\d+)$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });

/**
 * A place has as many seats as victims were planned; whoever finds none is one too many. A seat is a link that names its order: made whole or
 * not at all, and only once. It is never given back, also when the victim turned out to be gone: in doubt somebody was hit.
 */
async function excess(dir: string, { key, place, victimsPlanned }: JournalEntry, unflushed: Unflushed): Promise<string | undefined> {
  if (!Number.isSafeInteger(victimsPlanned) || victimsPlanned < 0) return `the order does not say how many victims were planned`;
  const folder = join(dir, PLACES, digest(JSON.stringify([place.workflowId, place.wave, place.iteration])));
  await make(folder, unflushed);
  const mine = digest(key);
  const taken = new Map<string, string>();
  for (const seat of await readdir(folder)) taken.set(seat, await readlink(join(folder, seat)));
  unflushed.add(folder);
  if ([...taken.values()].includes(mine)) return undefined; // an attempt before this one has sat down, and may have been cut off before it was flushed
  for (let n = 0; n < victimsPlanned && taken.size < victimsPlanned; n++) {
    const seat = `victim-${n}`;
    if (taken.has(seat)) continue;
    if (await sitDown(join(folder, seat), mine)) return undefined;
    taken.set(seat, 'somebody who was faster');
  }
  const where = `wave ${place.wave}, iteration ${place.iteration} of ${place.workflowId}`;
  return `${victimsPlanned} victims were planned in ${where}, and this site has had ${taken.size} orders of it: this would be one too many`;
}

const sitDown = (seat: string, mine: string): Promise<boolean> =>
  symlink(mine, seat).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );

/** Makes a folder that is still there after a power cut. */
export async function makeDurably(folder: string): Promise<void> {
  const unflushed: Unflushed = new Set();
  await make(folder, unflushed);
  await flushFolders(...unflushed);
}

async function make(folder: string, unflushed: Unflushed): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = join(made, '..')) unflushed.add(join(made, '..'));
}
