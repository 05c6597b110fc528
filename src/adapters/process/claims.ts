import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ProcessIdentity, isSameProcess } from '../../domain/process.ts';
import type { ProcessSource } from './source.ts';

const Claim = z.object({ holder: ProcessIdentity, pidNamespace: z.string(), token: z.string(), isReleased: z.boolean() });
type Claim = z.infer<typeof Claim>;

/** So many of the newest claims are kept in a folder. */
const KEPT = 16;

/** Tokens of the claims that a call in this process holds now. The holder's identity alone cannot tell a running call from one that threw. */
const heldHere = new Set<string>();

/** Writes a file that is either there with all its content or not there at all, and on disk when this returns. */
export async function writeDurably(path: string, content: unknown, how: 'replace' | 'create'): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(content));
    await file.sync();
  } finally {
    await file.close();
  }
  if (how === 'replace') await rename(draft, path);
  else await link(draft, path).finally(() => unlink(draft)); // link fails when the file exists: one creator wins
  const folder = await open(join(path, '..'), 'r');
  await folder.sync().finally(() => folder.close());
}

/**
 * Runs `body` while no other attempt in `dir` runs, in this process or another of this machine. A claim is a numbered file, created
 * exclusively; the next number may be taken once its predecessor is released or its holder is dead, so a kill -9 blocks nobody.
 * @throws Error 'under way' when a living attempt holds it for longer than `patienceMs`
 */
export async function withClaim<T>(
  dir: string,
  source: ProcessSource,
  patienceMs: number,
  signal: AbortSignal,
  body: () => Promise<T>,
): Promise<T> {
  const untilMs = Date.now() + patienceMs;
  const mine = claimHere(source);
  for (;;) {
    signal.throwIfAborted();
    const path = await nextClaim(dir, mine, source);
    if (path && (await take(path, mine)) && (await standsAlone(dir, path, mine))) return await body().finally(() => release(path, mine));
    if (Date.now() > untilMs) throw new Error('another attempt at this order is under way; try again');
    await sleep(20, undefined, { signal });
  }
}

/** Where the next claim may be made; undefined while the last one is held. */
async function nextClaim(dir: string, mine: Claim, source: ProcessSource): Promise<string | undefined> {
  const last = Math.max(0, ...(await readdir(dir)).map(numberOf));
  if (last === 0) return pathOf(dir, 1);
  const text = await readFile(pathOf(dir, last), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined; // many newer ones were made since the folder was read
    throw error;
  });
  if (text === undefined || isHeld(Claim.parse(JSON.parse(text)), mine, source)) return undefined;
  return pathOf(dir, last + 1);
}

const pathOf = (dir: string, number: number) => join(dir, `claim-${number}.json`);
const numberOf = (file: string) => Number(/^claim-(\d+)\.json$/.exec(file)?.[1] ?? 0);

function isHeld(claim: Claim, mine: Claim, source: ProcessSource): boolean {
  if (claim.isReleased) return false;
  if (claim.holder.bootId !== mine.holder.bootId) return false; // the machine was restarted since
  if (claim.pidNamespace !== mine.pidNamespace) return true; // its pid means nothing here: nobody can say that it is dead
  if (isSameProcess(claim.holder, mine.holder)) return heldHere.has(claim.token);
  const now = source.vitals(claim.holder.pid);
  return now !== undefined && isSameProcess(now.identity, claim.holder) && !/^[ZX]/.test(now.state);
}

async function take(path: string, mine: Claim): Promise<boolean> {
  heldHere.add(mine.token); // before the file is there: whoever sees the file must see this too
  try {
    await writeDurably(path, mine, 'create');
    return true;
  } catch (error) {
    heldHere.delete(mine.token);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Whether the claim just made is the highest: only the highest counts, and it is never removed. Old ones are removed here, so that a folder
 * that is claimed for ever stays small; who has read it before that, and then makes a claim with a number that is free again, gives it up.
 */
async function standsAlone(dir: string, path: string, mine: Claim): Promise<boolean> {
  try {
    const number = numberOf(basename(path));
    const numbers = (await readdir(dir)).map(numberOf);
    const isHighest = Math.max(...numbers) <= number;
    const useless = isHighest ? numbers.filter((other) => other > 0 && other <= number - KEPT) : [number];
    if (!isHighest) heldHere.delete(mine.token);
    await Promise.all(useless.map((other) => rm(pathOf(dir, other), { force: true })));
    return isHighest;
  } catch (error) {
    await release(path, mine);
    throw error;
  }
}

async function release(path: string, mine: Claim): Promise<void> {
  heldHere.delete(mine.token);
  await writeDurably(path, { ...mine, isReleased: true }, 'replace');
}

function claimHere(source: ProcessSource): Claim {
  const self = source.vitals(process.pid);
  if (!self) throw new Error(`this process (pid ${process.pid}) cannot be read: no order is carried out without knowing who does it`);
  return { holder: self.identity, pidNamespace: source.pidNamespace(), token: randomUUID(), isReleased: false };
}
