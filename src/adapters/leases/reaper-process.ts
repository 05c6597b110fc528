import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { isSameProcess, type ProcessIdentity } from '../../domain/process.ts';
import type { ProcessSource } from '../process/source.ts';

/** How to start a reaper. */
export interface ReaperProgram {
  /** Its compiled entry. */
  entry: string;
  /** What it and the commands that it runs get; no credentials. */
  env: Record<string, string>;
}

/** A reaper that was started and is not yet seen for this long is given up, and another is tried. */
const SEEN_WITHIN_MS = 5_000;
/** A longer log is put aside as `reaper.log.old` before the next reaper starts. */
const LOG_AT_MOST_BYTES = 1024 ** 2;

/** In the format of the sandbox's process records, so that `breakwater down` finds it. */
const ReaperRecord = z.object({ pid: z.int().positive(), startTime: z.string().regex(/^\d+$/), bootId: z.string().min(1) });

/** Pids mean something in one pid namespace only: each has its own reaper, and its own folder for the claim, the record and the log. */
export const reaperFolder = (stateDir: string, source: ProcessSource): string =>
  join(stateDir, 'reaper', source.pidNamespace().replace(/\D/g, '') || 'all');

export const RECORD = 'reaper.process.json';

/** What a reaper writes about itself once it alone is in charge. */
export const recordOf = ({ pid, startTicks, bootId }: ProcessIdentity): unknown => ({
  name: 'Breakwater reaper',
  pid,
  startTime: String(startTicks),
  bootId,
  startedAt: new Date().toISOString(),
});

/** Whether exactly this process lives. */
export function isAlive(identity: ProcessIdentity, source: ProcessSource): boolean {
  if (identity.bootId !== source.bootId()) return false;
  const now = source.vitals(identity.pid);
  return now !== undefined && isSameProcess(now.identity, identity) && !/^[ZX]/.test(now.state);
}

/** @returns the living reaper of the folder */
export function livingReaper(folder: string, source: ProcessSource): ProcessIdentity | undefined {
  try {
    const { pid, startTime, bootId } = ReaperRecord.parse(JSON.parse(readFileSync(join(folder, RECORD), 'utf8')));
    const identity = { pid, startTicks: Number(startTime), bootId };
    return isAlive(identity, source) ? identity : undefined;
  } catch {
    return undefined; // none, or none that can be known: another may be started, because only one gets the claim
  }
}

/**
 * Sees to it that a reaper lives. It gets a session of its own and no pipe of ours, so that it survives the end of our process group.
 * @returns what to call as often as one likes: it starts one reaper at a time, and says once of each that failed why it did
 */
export function reaperStarter(stateDir: string, source: ProcessSource, { entry, env }: ReaperProgram): () => string | undefined {
  const folder = reaperFolder(stateDir, source);
  let startedMs = -Infinity;
  let failure: string | undefined;
  const start = (): void => {
    startedMs = performance.now();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const log = openLog(join(folder, 'reaper.log'));
    const options = { detached: true, stdio: ['ignore', log, log] as ['ignore', number, number], env: { ...env, BREAKWATER_PROCESS: '1' } };
    const child = spawn(process.execPath, [entry, stateDir], options);
    closeSync(log);
    child.once('error', (error) => (failure = `the reaper cannot be started: ${error.message}`));
    child.once('exit', (code) => {
      startedMs = -Infinity;
      if (code) failure = `the reaper ended with exit code ${code}: see ${join(folder, 'reaper.log')}`;
    });
    child.unref();
  };
  return () => {
    if (livingReaper(folder, source)) return undefined;
    const said = failure;
    failure = undefined;
    if (said === undefined && performance.now() - startedMs > SEEN_WITHIN_MS) start();
    return said;
  };
}

function openLog(file: string): number {
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > LOG_AT_MOST_BYTES) renameSync(file, `${file}.old`);
  return openSync(file, 'a', 0o600);
}
