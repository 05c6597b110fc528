import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Hit, SurvivorsPort } from '../../faults/ports.ts';
import { withClaim } from './claims.ts';
import { sourceFor } from './platform.ts';
import type { ProcessSource } from './source.ts';

/** A hit whose effect never showed counts this long: a victim that takes its time to end is no survivor. */
const HIT_COUNTS_MS = 300_000;
/** How long the claim is kept for those who wait in this process before another process may have it. */
const HOLD_AT_MOST_MS = 500;
const NEVER = new AbortController().signal;

const HitFile = z.strictObject({ key: z.string(), targetId: z.string(), atMs: z.number() });

interface Waiting {
  untilMs: number;
  run(): Promise<void>;
  refuse(cause: unknown): void;
}

/**
 * The survivors' guard of this machine, in a folder that all its workers share: one claim on the machine, and one file per hit. Who waits in
 * this process shares the claim, so that fifty orders at once cost a few claims and not fifty.
 */
export function openSurvivors(dir: string, source: ProcessSource = sourceFor(process.platform)): SurvivorsPort {
  const [claims, hits] = [join(dir, 'claims'), join(dir, 'hits')];
  const queue: Waiting[] = [];
  let isServing = false;

  const drain = async (): Promise<void> => {
    const endMs = Date.now() + HOLD_AT_MOST_MS;
    for (let next = queue.shift(); next; next = Date.now() < endMs ? queue.shift() : undefined) await next.run();
  };
  const serve = async (): Promise<void> => {
    if (isServing) return;
    isServing = true;
    for (let first = queue[0]; first; first = queue[0]) {
      try {
        await mkdir(claims, { recursive: true, mode: 0o700 });
        await withClaim(claims, source, first.untilMs - Date.now(), NEVER, drain);
      } catch (cause) {
        if (queue[0] === first) queue.shift()?.refuse(cause);
      }
    }
    isServing = false;
  };

  return {
    exclusively: (body, untilMs, signal) =>
      new Promise((resolve, reject) => {
        const run = async (): Promise<void> => {
          await Promise.resolve()
            .then(() => {
              signal.throwIfAborted();
              return body();
            })
            .then(resolve, reject);
        };
        queue.push({ untilMs, run, refuse: (cause) => reject(new Error('another deed on this machine is under way', { cause })) });
        void serve();
      }),
    async note(hit) {
      await mkdir(hits, { recursive: true, mode: 0o700 });
      const draft = join(hits, `${randomUUID()}.draft`);
      await writeFile(draft, JSON.stringify(hit), { mode: 0o600 }); // not flushed: a machine that restarts has no victim left
      await rename(draft, join(hits, `${stemOf(hit)}${hit.atMs}.json`));
    },
    async forget(hit) {
      const mine = (await namesIn(hits)).filter((name) => name.startsWith(stemOf(hit)));
      await Promise.all(mine.map((name) => rm(join(hits, name), { force: true })));
    },
    recent: (targetIds) => readHits(hits, targetIds),
  };
}

/** A hit's file: the hash of its target, the hash of its order's key, when it was. */
const NAME = /^([0-9a-f]{32})-([0-9a-f]{32})-(\d+)\.json$/;
const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
const stemOf = ({ targetId, key }: Pick<Hit, 'key' | 'targetId'>): string => `${hash(targetId)}-${hash(key)}-`;

async function namesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith('.json'));
}

/** Old ones are removed on the way; only those of the targets are opened. */
async function readHits(dir: string, targetIds: readonly string[]): Promise<Hit[]> {
  const wanted = new Set(targetIds.map(hash));
  const found: Hit[] = [];
  for (const name of await namesIn(dir)) {
    const [, target, , atMs] = NAME.exec(name) ?? [];
    if (target === undefined) throw new Error(`${join(dir, name)} is no record of a hit`);
    if (Date.now() - Number(atMs) > HIT_COUNTS_MS) await rm(join(dir, name), { force: true });
    else if (wanted.has(target)) found.push(...(await readHit(join(dir, name))));
  }
  return found;
}

/** None when it was forgotten meanwhile. @throws Error when it is something else */
async function readHit(file: string): Promise<Hit[]> {
  try {
    return [HitFile.parse(JSON.parse(await readFile(file, 'utf8')))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${file} is no record of a hit: ${String(error)}`);
  }
}
