import { execFile } from 'node:child_process';
import { access, open, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BUILD_WITHIN_MS = 180_000;
let built: Promise<string> | undefined;

/**
 * The folder of a current build, made once per jest run: the first suite that asks builds, the others wait for it.
 * Set BREAKWATER_TEST_DIST to use a build that exists.
 * @throws Error with the compiler's messages when the sources do not build
 */
export function currentBuild(): Promise<string> {
  const given = process.env['BREAKWATER_TEST_DIST'];
  built ??= given ? Promise.resolve(resolve(given)) : buildOnce();
  return built;
}

async function buildOnce(): Promise<string> {
  const dir = process.env['BREAKWATER_TEST_DIR'];
  if (!dir) throw new Error('BREAKWATER_TEST_DIR is not set: the build belongs to a jest run with test/support/global-setup.ts');
  const [lock, done] = [join(dir, 'build.lock'), join(dir, 'build.done')];
  const untilMs = Date.now() + BUILD_WITHIN_MS;
  while (!(await exists(done))) {
    if (await takes(lock)) {
      try {
        await run('sh', ['scripts/build.sh'], { timeout: BUILD_WITHIN_MS });
        await writeFile(done, '');
      } finally {
        await rm(lock, { force: true });
      }
    } else if (Date.now() > untilMs) throw new Error(`another suite holds ${lock} for longer than ${BUILD_WITHIN_MS / 1_000} s`);
    else await sleep(200);
  }
  return resolve('dist');
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const takes = (lock: string) =>
  open(lock, 'wx').then(
    (file) => file.close().then(() => true),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
