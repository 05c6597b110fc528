import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = resolve('test/crash/harness/victim.mjs');
const OBSERVE_EVERY_MS = 20;

/** One life of a victim. */
export interface Life {
  pid: number;
  logFile: string;
  /** How it ended, unless we ended it ourselves: the signal's name or the exit code. */
  end?: string;
  /** When it ended, epoch milliseconds. */
  endedMs?: number;
}

/**
 * Real processes that carry the label `app`. `respawn` makes this a supervisor: who dies is replaced at once by a process with the same labels.
 * As their parent it learns of every death with its signal, and each of them counts its own SIGCONTs.
 */
export class Victims {
  readonly lives: Life[] = [];
  /** Most of them that were seen stopped at once. */
  stoppedAtOnce = 0;
  /** How often each was seen to stop: pid → times. */
  readonly stops = new Map<number, number>();
  private wereStopped: number[] = [];
  private readonly children = new Map<number, ChildProcess>();
  private readonly observer: NodeJS.Timeout;
  private isOver = false;

  private constructor(
    private readonly dir: string,
    private readonly app: string,
    private readonly options: { respawn?: boolean; ignoreSigterm?: boolean },
  ) {
    this.observer = setInterval(() => this.observe(), OBSERVE_EVERY_MS);
  }

  static async start(
    dir: string,
    app: string,
    count: number,
    options: { respawn?: boolean; ignoreSigterm?: boolean } = {},
  ): Promise<Victims> {
    const victims = new Victims(dir, app, options);
    for (let n = 0; n < count; n++) victims.spawn(n);
    while (victims.lives.some(({ logFile }) => !read(logFile).includes('up '))) await sleep(10);
    return victims;
  }

  private spawn(n: number): void {
    const logFile = join(this.dir, `victim-${this.lives.length}.log`);
    const env = {
      PATH: process.env['PATH'],
      BREAKWATER_LABELS: `app=${this.app},n=${n}`,
      ...(this.options.ignoreSigterm && { IGNORE_SIGTERM: '1' }),
    };
    const child = spawn(process.execPath, [program, logFile], { env, stdio: 'ignore' });
    if (child.pid === undefined) throw new Error('a victim could not be started');
    const life: Life = { pid: child.pid, logFile };
    this.lives.push(life);
    this.children.set(child.pid, child);
    child.once('exit', (code, signal) => {
      this.children.delete(life.pid);
      if (this.isOver) return;
      Object.assign(life, { end: signal ?? String(code), endedMs: Date.now() });
      if (this.options.respawn) this.spawn(n);
    });
  }

  private observe(): void {
    const now = this.stopped();
    for (const pid of now) if (!this.wereStopped.includes(pid)) this.stops.set(pid, (this.stops.get(pid) ?? 0) + 1);
    this.wereStopped = now;
    this.stoppedAtOnce = Math.max(this.stoppedAtOnce, now.length);
  }

  /** Pids that are stopped now. */
  stopped(): number[] {
    return [...this.children.keys()].filter((pid) => stateOf(pid) === 'T');
  }

  living(): number[] {
    return [...this.children.keys()];
  }

  /** Who died, in the order of their deaths, and by which signal: nobody but the run under test kills them. */
  dead(): Life[] {
    return this.lives.filter(({ end }) => end !== undefined).sort((a, b) => a.endedMs! - b.endedMs!);
  }

  /** How often each was let run on: pid → SIGCONTs received. An undo that is repeated sends another, so this is no count of stops. */
  continued(): Map<number, number> {
    return new Map(
      this.lives.map(({ pid, logFile }) => [
        pid,
        read(logFile)
          .split('\n')
          .filter((line) => line.startsWith('cont')).length,
      ]),
    );
  }

  async end(): Promise<void> {
    this.isOver = true;
    clearInterval(this.observer);
    for (const child of this.children.values()) child.kill('SIGKILL');
    while (this.children.size > 0) await sleep(10);
  }
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** The state letter of `/proc/PID/stat`; undefined when there is no such process. */
export function stateOf(pid: number): string | undefined {
  return read(`/proc/${pid}/stat`).split(') ').at(-1)?.[0];
}
