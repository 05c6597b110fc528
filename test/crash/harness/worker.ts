import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../src/sandbox/servers/ports.ts';
import { recordProcess } from '../../../src/sandbox/servers/process-record.ts';
import { currentBuild } from '../../support/build.ts';

const READY_WITHIN_MS = 60_000;

/** Where a worker belongs. */
export interface WorkerPlace {
  dir: string;
  taskQueue: string;
  temporalAddress: string;
  databaseUrl: string;
  /** More settings. */
  env?: Record<string, string>;
}

/** The processes that Breakwater runs as: the CLI's arguments, the settings that make it so, and what its log says once it works. */
const ROLES = {
  all: { argv: ['worker'], env: {}, isReady: 'worker is ready' },
  control: { argv: ['worker'], env: { BREAKWATER_ROLE: 'control' }, isReady: 'worker is ready' },
  site: { argv: ['worker'], env: { BREAKWATER_ROLE: 'site' }, isReady: 'worker is ready' },
  api: { argv: ['api'], env: {}, isReady: 'api is ready' },
} as const;
export type Role = keyof typeof ROLES;

/** A real process of Breakwater, such as `breakwater worker`. */
export class WorkerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly role: Role,
    readonly place: WorkerPlace,
    readonly logFile: string,
  ) {}

  /** Starts it and returns at once; a test run that is interrupted finds it by its process record. */
  static async spawn(place: WorkerPlace, name: string, role: Role = 'all'): Promise<WorkerProcess> {
    const { dir, taskQueue, temporalAddress, databaseUrl, env: more } = place;
    const dist = await currentBuild();
    const logFile = join(dir, `${name}.log`);
    const log = openSync(logFile, 'a');
    const { argv, env } = ROLES[role];
    const child = spawn(process.execPath, [join(dist, 'cli', 'main.js'), ...argv], {
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        TEMPORAL_ADDRESS: temporalAddress,
        BREAKWATER_DATABASE_URL: databaseUrl,
        BREAKWATER_HOME: dir,
        BREAKWATER_TASK_QUEUE: taskQueue,
        BREAKWATER_JANITOR_EVERY: 'off', // the crash is to be survived without it
        BREAKWATER_PROCESS: '1',
        ...(role === 'api' && { BREAKWATER_API_PORT: String(await freePort()) }),
        ...env,
        ...more,
      },
    });
    closeSync(log);
    await once(child, 'spawn');
    await recordProcess(join(dir, `${name}.process.json`), { name, pid: child.pid ?? 0 });
    return new WorkerProcess(child, role, place, logFile);
  }

  static async start(place: WorkerPlace, name: string): Promise<WorkerProcess> {
    const worker = await WorkerProcess.spawn(place, name);
    await worker.ready();
    return worker;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.child.killed || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async ready(): Promise<void> {
    const untilMs = Date.now() + READY_WITHIN_MS;
    while (!this.log().includes(ROLES[this.role].isReady)) {
      if (this.hasEnded || Date.now() > untilMs)
        throw new Error(`the ${this.role} process did not become ready: ${this.log().slice(-2_000)}`);
      await sleep(20);
    }
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** kill -9, now. Synchronous, so that no time passes between seeing the moment and the death. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** SIGSTOP: it does nothing until it may go on. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  goOn(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** @returns how long it took to leave after SIGTERM, milliseconds */
  async stop(withinMs = 15_000): Promise<number> {
    const startedMs = Date.now();
    if (!this.hasEnded) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const late = setTimeout(() => this.child.kill('SIGKILL'), withinMs);
      await gone.finally(() => clearTimeout(late));
    }
    return Date.now() - startedMs;
  }
}
