import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Log } from './running-server.ts';

const run = promisify(execFile);
const sources = fileURLToPath(new URL('../../../tools/temporal-dev-server/', import.meta.url));

/**
 * Builds our Temporal server with Go, once per version of its sources; afterwards the cached binary is used.
 * @returns the binary
 * @throws Error when there is no Go that can build it, or the build fails
 */
export async function buildTemporal(cacheDir: string, log: Log): Promise<string> {
  const binary = join(cacheDir, `temporal-dev-server-${await fingerprint()}`);
  if (await exists(binary)) return binary;
  const version = await goVersion();
  log(`building the Temporal server with ${version}, 4–5 minutes the first time (into ${binary})`);
  await mkdir(cacheDir, { recursive: true });
  const unfinished = `${binary}.${randomUUID()}.new`; // two builds at once must not write to one file
  try {
    await run('go', ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', unfinished, '.'], { cwd: sources });
    await rename(unfinished, binary);
  } catch (error) {
    throw new Error(`go build failed: ${lastLine(error)}`, { cause: error });
  } finally {
    await rm(unfinished, { force: true });
  }
  log('built the Temporal server');
  return binary;
}

/** The pinned modules and the sources decide what comes out, so they name it. */
async function fingerprint(): Promise<string> {
  const files = (await readdir(sources)).filter((name) => /^go\.(mod|sum)$|\.go$/.test(name)).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(join(sources, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Asked in the module's folder, so that an older Go obtains the toolchain that go.mod names, or says why it cannot. */
async function goVersion(): Promise<string> {
  const answer = await run('go', ['env', 'GOVERSION'], { cwd: sources }).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(missing ? 'there is no go on PATH' : `go cannot be used: ${lastLine(error)}`, { cause: error });
  });
  return answer.stdout.trim();
}

const lastLine = (error: unknown): string =>
  String((error as { stderr?: string }).stderr || error)
    .trim()
    .split('\n')
    .at(-1) ?? '';

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );
