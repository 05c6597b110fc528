import { existsSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Phase } from '../../../src/domain/run.ts';
import { labelWritten, MissedMoment } from './history.ts';
import type { Stage } from './stage.ts';

const LOOK_EVERY_MS = 10;
const GIVE_UP_MS = 90_000;

/** Looks until it is so. @throws Error naming what was waited for */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = GIVE_UP_MS,
  everyMs = LOOK_EVERY_MS,
): Promise<void> {
  const endMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`${what}: not within ${withinMs / 1_000} s`);
    await sleep(everyMs);
  }
}

/**
 * Waits for a phase of the run, of a certain wave when one is named. Only for phases that last: it asks again and again, and a busy machine
 * may ask before and after one of milliseconds. @throws MissedMoment
 */
export const phase = (wanted: Phase, wave?: string) => async (stage: Stage) => {
  await until(`phase ${wanted} ${wave ?? ''}`, async () => {
    const state = await stage.look();
    return state?.phase === wanted && (wave === undefined || state.wave === wave);
  }).catch((cause: unknown) => {
    throw new MissedMoment((cause as Error).message);
  });
};

/** Waits until the run's history holds the order for this activity; nothing passes unseen. */
export const ordered =
  (activity: string) =>
  ({ place, workflowId }: Stage): Promise<void> =>
    labelWritten(place.temporalAddress, workflowId, `activityTaskScheduled ${activity}`);

/** Waits for the baseline of the first live wave, and makes the arming that follows slow enough to be seen. */
export const armingSlowly = async (stage: Stage): Promise<void> => {
  await phase('preparing', 'one')(stage);
  stage.system.answersAfterMs = 400;
  await phase('arming', 'one')(stage);
};

/** Waits until a file of this name is written for any order: `intent.json` before the deed, `deed.json` after it, `reversal.json` after the undo. */
export const journalled =
  (file: string) =>
  async ({ journalDir }: Stage): Promise<void> => {
    const watchers: FSWatcher[] = [];
    const late = new MissedMoment(`no ${file} in the journal within ${GIVE_UP_MS / 1_000} s`);
    try {
      await until('the journal', () => existsSync(journalDir));
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(reject, GIVE_UP_MS, late);
        const found = (): void => {
          clearTimeout(timer);
          resolve();
        };
        const follow = (folder: string): void => {
          watchers.push(watch(folder, (_event, name) => name === file && existsSync(join(folder, file)) && found()));
          if (existsSync(join(folder, file))) found();
        };
        const known = new Set<string>();
        const look = (): void => {
          for (const name of readdirSync(journalDir)) {
            if (known.has(name)) continue;
            known.add(name);
            follow(join(journalDir, name));
          }
        };
        watchers.push(watch(journalDir, look));
        look();
      });
    } finally {
      for (const watcher of watchers) watcher.close();
    }
  };

/** Waits until a victim is seen to be stopped, and then some more. */
export const victimStopped =
  (forMs = 0) =>
  async ({ victims }: Stage, withinMs = GIVE_UP_MS): Promise<void> => {
    await until('a stopped victim', () => victims.stopped().length > 0, withinMs, 1);
    await sleep(forMs);
  };

/** Waits until no victim is stopped any more, after one was. */
export const victimResumed = async (stage: Stage): Promise<void> => {
  await victimStopped()(stage);
  await until('a resumed victim', () => stage.victims.stopped().length === 0, GIVE_UP_MS, 1);
};

/** Waits until a victim has died. */
export const victimDied =
  (forMs = 0) =>
  async ({ victims }: Stage): Promise<void> => {
    await until('a dead victim', () => victims.dead().length > 0, GIVE_UP_MS, 1);
    await sleep(forMs);
  };

export const after = (ms: number) => (): Promise<void> => sleep(ms);

/** One thing after the other. */
export const then =
  (...steps: ((stage: Stage) => Promise<void>)[]) =>
  async (stage: Stage): Promise<void> => {
    for (const step of steps) await step(stage);
  };
