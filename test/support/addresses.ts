import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The servers that the tests share: started once per jest run by `global-setup.ts`, which leaves their addresses in the environment.
 * Set BREAKWATER_TEST_TEMPORAL and BREAKWATER_TEST_DATABASE_URL beforehand to use servers that run already.
 */

/** @returns `host:port` of the shared Temporal server. @throws Error when there is none */
export function temporalAddress(): string {
  return required('BREAKWATER_TEST_TEMPORAL');
}

/** @returns the address of the shared PostgreSQL's `breakwater_test` database: make your own schema or database in it. @throws Error when there is none */
export function databaseUrl(): string {
  return required('BREAKWATER_TEST_DATABASE_URL');
}

/**
 * A fresh folder that PostgreSQL's account can reach. What runs on it by a process record is stopped at the end of the run, even of an interrupted one.
 */
export async function freshDir(name: string): Promise<string> {
  const dir = await mkdtemp(join(required('BREAKWATER_TEST_DIR'), `${name}-`));
  await chmod(dir, 0o755);
  return dir;
}

function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(missing(variable));
  return value;
}

/** Why a suite has no server, for the person who reads it. */
export function missing(variable: string): string {
  return `${variable} is not set: the server could not be started (see the first lines of this run), or this folder is listed in withoutServers of jest.config.mjs`;
}
