import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { BreakwaterClient } from '../../../src/client.ts';
import type { RunResult, RunState } from '../../../src/domain/run.ts';
import { query } from '../../../src/sandbox/servers/postgres.ts';
import { databaseUrl, freshDir, temporalAddress } from '../../support/servers.ts';
import { documentOf, plannedBy, type PlannedWave } from './document.ts';
import { MissedMoment } from './history.ts';
import { endReaper, reaperPid } from './leases.ts';
import type { OwnTemporal } from './own-temporal.ts';
import { ObservedSystem } from './system.ts';
import { Victims } from './victims.ts';
import { WorkerProcess, type Role, type WorkerPlace } from './worker.ts';

/** What a stage is set for. */
export interface StageOptions {
  fault?: { kind: string; [field: string]: unknown };
  /** Changes the experiment; sees the folder and the observed system. */
  document?: (stage: { dir: string; url: string; app: string }) => Record<string, unknown>;
  /** Servers of its own instead of the shared ones. */
  servers?: { temporalAddress?: string; databaseUrl?: string };
  /** A Temporal of its own that may be killed. */
  temporal?: OwnTemporal;
  victims?: { count?: number; ignoreSigterm?: boolean; respawn?: boolean };
}

let stages = 0;

/** One run with all that belongs to it alone: task queue, folder, kill journal, victims, observed system, workers. */
export class Stage {
  /** The newest state that a query gave. */
  seen: RunState | undefined;
  workflowId = '';
  private readonly workers: WorkerProcess[] = [];
  private spawned = 0;

  private constructor(
    readonly place: WorkerPlace,
    readonly victims: Victims,
    readonly system: ObservedSystem,
    readonly client: BreakwaterClient,
    readonly faultKind: string,
    private readonly document: Record<string, unknown>,
    private readonly temporal: OwnTemporal | undefined,
  ) {}

  static async set(name: string, options: StageOptions = {}): Promise<Stage> {
    const fault = options.fault ?? { kind: 'process-pause' };
    // never used again: what an earlier stage left open must not be played by this one's workers
    const taskQueue = `crash-${process.pid}-${stages++}-${randomUUID().slice(0, 8)}`;
    const dir = await freshDir(taskQueue);
    const own = { ...options.servers, ...(options.temporal && { temporalAddress: options.temporal.address }) };
    const place = { dir, taskQueue, temporalAddress: temporalAddress(), databaseUrl: databaseUrl(), ...own };
    const system = await ObservedSystem.start();
    const { count = 3, ...kind } = options.victims ?? {};
    const victims = await Victims.start(dir, taskQueue, count, { respawn: fault.kind !== 'process-pause', ...kind });
    const client = await BreakwaterClient.connect({ connection: { address: place.temporalAddress }, taskQueue });
    const more = options.document?.({ dir, url: system.url, app: taskQueue }) ?? {};
    const experiment = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 50);
    const document = documentOf({ name: experiment, app: taskQueue, url: system.url, fault, with: more });
    return new Stage(place, victims, system, client, fault.kind, document, options.temporal);
  }

  get stateDir(): string {
    return join(this.place.dir, 'state');
  }

  get journalDir(): string {
    return join(this.stateDir, 'journal');
  }

  /** The environment of its experiment, which is nobody else's. */
  get environment(): string {
    return this.place.taskQueue;
  }

  /** What the live waves of its experiment may hit at most. */
  get planned(): PlannedWave[] {
    return plannedBy(this.document);
  }

  /** Names of the files in its folder. */
  files(): string[] {
    return readdirSync(this.place.dir);
  }

  /** Whether the records have the run's end. */
  async hasClosedRecords(): Promise<boolean> {
    const { rows } = await query(this.place.databaseUrl, 'SELECT 1 FROM breakwater.runs WHERE workflow_id = $1 AND verdict IS NOT NULL', [
      this.workflowId,
    ]);
    return rows.length > 0;
  }

  /** Whether the records have an event of this kind, of this wave. */
  async hasRecorded(kind: string, wave: string): Promise<boolean> {
    const { rows } = await query(
      this.place.databaseUrl,
      'SELECT 1 FROM breakwater.events WHERE workflow_id = $1 AND kind = $2 AND wave = $3',
      [this.workflowId, kind, wave],
    );
    return rows.length > 0;
  }

  /** Names of the files that the journal holds, over all orders. */
  journalled(): string[] {
    if (!existsSync(this.journalDir)) return [];
    return readdirSync(this.journalDir, { recursive: true }).map((path) => String(path).split('/').at(-1) ?? '');
  }

  async startWorker(role?: Role, elsewhere?: Partial<WorkerPlace>): Promise<WorkerProcess> {
    const worker = await this.spawnWorker(role, elsewhere);
    await worker.ready();
    return worker;
  }

  /** @param elsewhere what differs from the others, such as a way to Temporal that can be cut */
  async spawnWorker(role: Role = 'all', elsewhere: Partial<WorkerPlace> = {}): Promise<WorkerProcess> {
    const worker = await WorkerProcess.spawn({ ...this.place, ...elsewhere }, `worker-${this.spawned++}`, role);
    this.workers.push(worker);
    return worker;
  }

  /** A living process of this role, the first started first. @throws Error when there is none */
  running(role: Role, nth = 0): WorkerProcess {
    const found = this.workers.filter((worker) => worker.role === role && !worker.hasEnded)[nth];
    if (!found) throw new Error(`no ${role} process number ${nth} is running`);
    return found;
  }

  /** @throws Error when the stage has none */
  ownTemporal(): OwnTemporal {
    if (!this.temporal) throw new Error('this stage shares its Temporal with others');
    return this.temporal;
  }

  /** kill -9 of the process that enforces this stage's leases. @throws MissedMoment when none lives yet */
  killReaper(): void {
    const pid = reaperPid(this.stateDir);
    if (pid === undefined) throw new MissedMoment('no reaper lives');
    process.kill(pid, 'SIGKILL');
  }

  async startRun(): Promise<string> {
    const { workflowId } = await this.client.startExperiment({ document: this.document, requestedBy: 'crash test', seed: 7 });
    this.workflowId = workflowId;
    return workflowId;
  }

  /** Asks the run for its state; undefined when nobody answers. */
  async look(): Promise<RunState | undefined> {
    const state = await this.client.status(this.workflowId).catch(() => undefined);
    if (state) this.seen = state;
    return state;
  }

  /**
   * Waits for the end, also while the server is away for a while.
   * @throws Error with the state of the run when it does not end
   */
  async verdict(withinMs: number): Promise<RunResult> {
    const untilMs = Date.now() + withinMs;
    do {
      try {
        const result = await this.client.waitForVerdict(this.workflowId, Math.max(1_000, untilMs - Date.now()));
        if (result) return result;
      } catch (error) {
        if (error instanceof WorkflowFailedError) throw error;
        await sleep(200);
      }
    } while (Date.now() < untilMs);
    throw new Error(`no verdict within ${withinMs / 1_000} s; the run is ${JSON.stringify(await this.look())?.slice(0, 2_000)}`);
  }

  async end(): Promise<void> {
    if (this.workflowId)
      await this.client.temporal.workflow
        .getHandle(this.workflowId)
        .terminate('test is over')
        .catch(() => undefined);
    for (const worker of this.workers) worker.kill();
    await endReaper(this.stateDir);
    await this.victims.end();
    await Promise.allSettled([this.system.end(), this.client.close()]);
  }
}

/** Sets a stage, and clears it whatever happens. */
export async function onStage<R>(name: string, options: StageOptions, play: (stage: Stage) => Promise<R>): Promise<R> {
  const stage = await Stage.set(name, options);
  try {
    return await play(stage);
  } finally {
    await stage.end();
  }
}

/** Makes a database of its own on the shared server. @returns its address */
export async function ownDatabase(name: string): Promise<string> {
  await query(databaseUrl(), `CREATE DATABASE "${name}"`);
  const url = new URL(databaseUrl());
  url.pathname = `/${name}`;
  return url.href;
}

export const makeDir = (path: string) => mkdir(path, { recursive: true });
