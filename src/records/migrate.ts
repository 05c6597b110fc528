import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { ClientConfig } from 'pg';
import { migrations } from './migrations/index.ts';
import { refused } from './errors.ts';

const folder = fileURLToPath(new URL('./migrations', import.meta.url));

/** Everything in the folder that is no migration: the index, type declarations and source maps of a build. */
const notMigrations = String.raw`\..*|index\..*|.*\.d\.ts|.*\.map`;

/**
 * The tool finds files, we supply the modules, imported statically: its own loader would compile them a second time,
 * from `process.cwd()`, and a build holds `.js` where the source holds `.ts`. File names without extension are the identity.
 */
function load(filePaths: string[]) {
  const unitOf = (path: string) => {
    const actions = migrations[basename(path, extname(path))];
    if (!actions) throw refused(`${basename(path)} is not listed in records/migrations/index`);
    return { id: path, filePaths: [path], actions };
  };
  return Promise.resolve(filePaths.map(unitOf));
}

/** Runs what is missing, all in one transaction, under an advisory lock: several processes may do it at once. */
export async function migrate(connection: ClientConfig): Promise<void> {
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  await runner({
    databaseUrl: connection,
    dir: folder,
    ignorePattern: notMigrations,
    migrationLoaderStrategies: [{ extensions: ['.ts', '.js'], loader: load }],
    direction: 'up',
    migrationsTable: 'migrations',
    migrationsSchema: 'breakwater',
    createMigrationsSchema: true,
    advisoryLockMode: 'wait',
    singleTransaction: true,
    logger: silent,
  });
}
