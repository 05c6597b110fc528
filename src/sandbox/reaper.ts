import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findRecorded, stopRecorded } from './servers/process-record.ts';

/** Where the sandbox's worker keeps the state of its site. */
export const sandboxStateDir = (homeDir: string): string => process.env['BREAKWATER_STATE_DIR'] || join(homeDir, 'state');

/** Longer than one undo of the examples takes. */
const UNDOES_WITHIN_MS = 15_000;

/** The record of the reaper in each pid namespace that had one: written by src/reaper/main.ts. */
async function recordsIn(stateDir: string): Promise<string[]> {
  const dir = join(stateDir, 'reaper');
  const namespaces = await readdir(dir).catch(() => []);
  return namespaces.map((name) => join(dir, name, 'reaper.process.json'));
}

/** Ends the reaper that a worker has started: it undoes first what is not undone yet. Safe when there is none. */
export async function endReaper(stateDir: string): Promise<void> {
  for (const file of await recordsIn(stateDir)) await stopRecorded(file, { signal: 'SIGTERM', withinMs: UNDOES_WITHIN_MS });
}

/** @returns the reaper that still runs on this state, or undefined */
export async function findReaper(stateDir: string): Promise<{ stop(): Promise<void> } | undefined> {
  const found = await Promise.all((await recordsIn(stateDir)).map(findRecorded));
  return found.some((record) => record !== undefined) ? { stop: () => endReaper(stateDir) } : undefined;
}
