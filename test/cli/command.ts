import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
export const entry = join(root, 'dist/cli/main.js');

const newest = (dir: string): number =>
  Math.max(
    ...readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => statSync(join(file.parentPath, file.name)).mtimeMs),
  );

/** Builds when a source is newer than the build. */
export function buildWhenStale(): void {
  const oldest = existsSync(entry) ? newest(join(root, 'dist')) : 0;
  if (oldest > newest(join(root, 'src'))) return;
  spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--noEmitOnError', 'false'], {
    cwd: root,
  });
  spawnSync(process.execPath, ['dist/bundle.js', 'dist/workflow-bundle.js'], { cwd: root });
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running command. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves when stderr holds the text; rejects when the command ends before. */
  says(text: string | RegExp): Promise<void>;
}

/** Only what the command shall see: the settings of whoever runs the tests must not decide. */
const environment = (env: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml',
  ...env,
});

interface Options {
  cwd?: string;
  env?: Record<string, string>;
  /** What is piped in; otherwise there is no stdin. */
  input?: string;
}

/** Starts the real command line as a child process. */
export function start(args: string[], { cwd = root, env = {}, input }: Options = {}): Running {
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const child = spawn(process.execPath, [entry, ...args], { cwd, env: environment(env), stdio: [stdin, 'pipe', 'pipe'] });
  child.stdin?.on('error', () => undefined).end(input); // it may end without having read
  let [stdout, stderr] = ['', ''];
  const listeners = new Set<() => void>();
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Ended>((done) =>
    child.on('close', (code) => {
      done({ code, stdout, stderr });
    }),
  );
  const says = (text: string | RegExp): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => {
        if (typeof text === 'string' ? stderr.includes(text) : text.test(stderr)) done();
      };
      listeners.add(look);
      look();
      void ended.then(() => {
        fail(new Error(`ended before it said ${String(text)}:\n${stdout}\n${stderr}`));
      });
    });
  return { child, ended, says };
}

export const call = (args: string[], options?: Options): Promise<Ended> => start(args, options).ended;
