import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ProcessIdentity, isSameProcess } from '../../domain/process.ts';
import type { ProcessSource } from './source.ts';

const Claim = z.object({ holder: ProcessIdentity, pidNamespace: z.string(), token: z.string(), isReleased: z.boolean() });
type Claim = z.infer<typeof Claim>;

/** Tokens of the claims that a call in this process holds now. The holder's identity alone cannot tell a running call from one that threw. */
const heldHere = new Set<string>();

/** A living attempt holds the claim. */
export class ClaimHeld extends Error {
  override readonly name = 'ClaimHeld';
}

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
 * @throws ClaimHeld when a living attempt holds it for longer than `patienceMs`
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
    if (path && (await take(path, mine))) return await body().finally(() => release(path, mine));
    if (Date.now() > untilMs) throw new ClaimHeld('another attempt at this order is under way; try again');
    await sleep(20, undefined, { signal });
  }
}

/** Where the next claim may be made; undefined while the last one is held. */
async function nextClaim(dir: string, mine: Claim, source: ProcessSource): Promise<string | undefined> {
  const numbers = (await readdir(dir)).map(numberOf);
  const last = Math.max(0, ...numbers);
  const pathOf = (number: number) => join(dir, `claim-${number}.json`);
  if (last > 0 && isHeld(Claim.parse(JSON.parse(await readFile(pathOf(last), 'utf8'))), mine, source)) return undefined;
  return pathOf(last + 1);
}

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
    if (await isNewest(path)) return true;
    await release(path, mine); // the number was free only because it was tidied away
    return false;
  } catch (error) {
    heldHere.delete(mine.token);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const numberOf = (file: string): number => Number(/^claim-(\d+)\.json$/.exec(basename(file))?.[1] ?? 0);

const isNewest = async (path: string): Promise<boolean> => (await readdir(dirname(path))).every((file) => numberOf(file) <= numberOf(path));

/** Removes all claims but the newest few, which alone count. For folders that are claimed again and again; call it while holding the claim. */
export async function tidyClaims(dir: string): Promise<void> {
  const files = (await readdir(dir)).filter((file) => numberOf(file) > 0).sort((a, b) => numberOf(a) - numberOf(b));
  await Promise.all(files.slice(0, -3).map((file) => rm(join(dir, file), { force: true })));
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
