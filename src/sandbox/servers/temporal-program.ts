import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Log } from './running-server.ts';
import { buildTemporal } from './temporal-build.ts';
import { downloadTemporal } from './temporal-download.ts';
import type { SearchAttributes } from './temporal-health.ts';

const run = promisify(execFile);

/** What a Temporal program is told, whichever program it is. */
export interface TemporalArgs {
  dbFile: string;
  port: number;
  uiPort: number;
  namespace: string;
  searchAttributes: SearchAttributes;
}

/** A Temporal server that can be started here. */
export interface TemporalProgram {
  command: string;
  args(options: TemporalArgs): string[];
  source: string;
}

let builtOnce: Promise<string> | undefined;

/**
 * Finds a server: `temporal` on PATH, else one built with Go, else the SDK's own download.
 * @throws Error listing what was tried and the choices that a person has
 */
export async function findTemporalProgram(cacheDir: string, log: Log): Promise<TemporalProgram> {
  const failures: string[] = [];
  const attempt = async (what: string, find: () => Promise<TemporalProgram>) =>
    find().catch((error: Error) => void failures.push(`${what}: ${error.message}`));
  return (
    (await attempt('temporal on PATH', onPath)) ??
    (await attempt('built with Go', () => built(cacheDir, log))) ??
    (await attempt('downloaded by the Temporal SDK', () => downloaded(cacheDir, log))) ??
    Promise.reject(new Error(noTemporal(failures)))
  );
}

async function onPath(): Promise<TemporalProgram> {
  const { stdout } = await run('temporal', ['--version']).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? 'not there' : error.message, { cause: error });
  });
  return { command: 'temporal', args: cliArgs, source: `temporal on PATH (${stdout.trim()})` };
}

async function built(cacheDir: string, log: Log): Promise<TemporalProgram> {
  builtOnce ??= buildTemporal(cacheDir, log).finally(() => (builtOnce = undefined));
  return { command: await builtOnce, args: ownArgs, source: 'built with Go' };
}

async function downloaded(cacheDir: string, log: Log): Promise<TemporalProgram> {
  await mkdir(cacheDir, { recursive: true });
  return { command: await downloadTemporal(cacheDir, log), args: cliArgs, source: 'downloaded by the Temporal SDK' };
}

function ownArgs({ dbFile, port, uiPort, namespace, searchAttributes }: TemporalArgs): string[] {
  const attributes = Object.entries(searchAttributes).map(([name, type]) => `${name}=${pascal(type)}`);
  return ['-db', dbFile, '-port', `${port}`, '-ui-port', `${uiPort}`, '-namespace', namespace, '-search-attributes', attributes.join(',')];
}

/**
 * WAL, `synchronous` and the poll rates as our own server has them: without, starts fall behind at some 20 a second. And its time shift:
 * by default every timer that is due within a second, a retry or a sticky time-out, comes at its end.
 */
export function cliArgs({ dbFile, port, uiPort, namespace, searchAttributes }: TemporalArgs): string[] {
  const pairs = (flag: string, values: Record<string, string>) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  return [
    ...['server', 'start-dev', '--headless=false', '--ip', '127.0.0.1', '--port', `${port}`, '--ui-port', `${uiPort}`],
    ...['--db-filename', dbFile, '--namespace', namespace, '--log-level', 'error'],
    ...pairs('--search-attribute', Object.fromEntries(Object.entries(searchAttributes).map(([name, type]) => [name, pascal(type)]))),
    ...pairs('--sqlite-pragma', { journal_mode: 'wal', synchronous: 'normal' }),
    ...pairs('--dynamic-config-value', {
      'history.transferProcessorMaxPollRPS': '2000',
      'history.timerProcessorMaxPollRPS': '2000',
      'history.timerProcessorMaxTimeShift': '"50ms"', // JSON
      'frontend.namespaceRPS.visibility': '100',
    }),
  ];
}

const pascal = (type: string) => type.toLowerCase().replace(/(^|_)(.)/g, (_all, _gap, letter: string) => letter.toUpperCase());

const noTemporal = (failures: string[]) => `There is no Temporal server to use. Tried:
${failures.map((failure) => `  - ${failure}`).join('\n')}
Choices:
  - set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE) to a server that runs already
  - install the Temporal CLI, so that 'temporal' is on PATH: https://docs.temporal.io/cli
  - install Go 1.26 or newer, so that Breakwater can build its own: https://go.dev/dl/
  - let this machine reach the internet, so that the Temporal SDK can download one`;
