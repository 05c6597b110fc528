import { randomUUID } from 'node:crypto';
import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ProcessIdentity, isSameProcess } from '../../domain/process.ts';
import type { ProcessSource } from './source.ts';
import { isTornByPowerLoss, writeWhole } from './write-file.ts';

/** `isReleased` was written by earlier versions, which kept released claims; now a released claim is removed. */
const Claim = z.object({ holder: ProcessIdentity, pidNamespace: z.string(), token: z.string(), isReleased: z.boolean().default(false) });
type Claim = z.infer<typeof Claim>;

/** Tokens of the claims that a call in this process holds now. The holder's identity alone cannot tell a running call from one that threw. */
const heldHere = new Set<string>();

/** A living attempt holds the claim. */
export class ClaimHeld extends Error {
  override readonly name = 'ClaimHeld';
}

/**
 * Runs `body` while no other attempt in `dir` runs, in this process or another of this machine. A claim is a numbered file, created
 * exclusively and removed at the end; the next number may be taken once the holder of the last one is dead, so a kill -9 blocks nobody.
 * A claim is not flushed to disk: it orders living processes, and a power loss that takes the file with it has ended its holder too.
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

/**
 * Where the next claim may be made; undefined while the last one is held. The claims of the dead stay for ever, so a number that is free lies
 * above all of them. What was judged dead is read again: a claim that was released meanwhile is no proof, because its number may be taken anew.
 */
async function nextClaim(dir: string, mine: Claim, source: ProcessSource): Promise<string | undefined> {
  const numbers = (await readdir(dir)).map((file) => Number(/^claim-(\d+)\.json$/.exec(file)?.[1] ?? 0));
  const last = Math.max(0, ...numbers);
  const pathOf = (number: number) => join(dir, `claim-${number}.json`);
  if (last === 0) return pathOf(1);
  const text = await readIfThere(pathOf(last));
  if (text === undefined) return undefined; // released since: look again
  if (!isTornByPowerLoss(text) && isHeld(Claim.parse(JSON.parse(text)), mine, source)) return undefined;
  return (await readIfThere(pathOf(last))) === text ? pathOf(last + 1) : undefined;
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
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
    await writeWhole(path, mine, 'create');
    return true;
  } catch (error) {
    heldHere.delete(mine.token);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The file goes first: once the token is forgotten, a file that is still there would count as left by a call that threw. */
async function release(path: string, { token }: Claim): Promise<void> {
  try {
    await unlink(path);
  } finally {
    heldHere.delete(token);
  }
}

function claimHere(source: ProcessSource): Claim {
  const self = source.vitals(process.pid);
  if (!self) throw new Error(`this process (pid ${process.pid}) cannot be read: no order is carried out without knowing who does it`);
  return { holder: self.identity, pidNamespace: source.pidNamespace(), token: randomUUID(), isReleased: false };
}
