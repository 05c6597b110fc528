import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BreakwaterClient } from '../../../src/client.ts';
import type { RunResult, RunState } from '../../../src/domain/run.ts';
import { query } from '../../../src/sandbox/servers/postgres.ts';
import { databaseUrl, freshDir, temporalAddress } from '../../support/servers.ts';
import { documentOf } from './document.ts';
import { ObservedSystem } from './system.ts';
import { Victims } from './victims.ts';
import { WorkerProcess, type WorkerPlace } from './worker.ts';

/** What a stage is set for. */
export interface StageOptions {
  fault?: { kind: string; [field: string]: unknown };
  /** Changes the experiment; sees the folder and the observed system. */
  document?: (stage: { dir: string; url: string; app: string }) => Record<string, unknown>;
  /** Servers of its own instead of the shared ones. */
  servers?: { temporalAddress?: string; databaseUrl?: string };
  victims?: { count?: number; ignoreSigterm?: boolean; respawn?: boolean };
}

let stages = 0;

/** One run with all that belongs to it alone: task queue, folder, kill journal, victims, observed system, workers. */
export class Stage {
  /** The newest state that a query gave. */
  seen: RunState | undefined;
  workflowId = '';
  private readonly workers: WorkerProcess[] = [];

  private constructor(
    readonly place: WorkerPlace,
    readonly victims: Victims,
    readonly system: ObservedSystem,
    readonly client: BreakwaterClient,
    readonly faultKind: string,
    private readonly document: Record<string, unknown>,
  ) {}

  static async set(name: string, options: StageOptions = {}): Promise<Stage> {
    const fault = options.fault ?? { kind: 'process-pause' };
    const taskQueue = `crash-${process.pid}-${stages++}`;
    const dir = await freshDir(taskQueue);
    const place = { dir, taskQueue, temporalAddress: temporalAddress(), databaseUrl: databaseUrl(), ...options.servers };
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
    return new Stage(place, victims, system, client, fault.kind, document);
  }

  get journalDir(): string {
    return join(this.place.dir, 'state', 'journal');
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

  async startWorker(): Promise<WorkerProcess> {
    const worker = await this.spawnWorker();
    await worker.ready();
    return worker;
  }

  async spawnWorker(): Promise<WorkerProcess> {
    const worker = await WorkerProcess.spawn(this.place, `worker-${this.workers.length}`);
    this.workers.push(worker);
    return worker;
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

  /** @throws Error with the state of the run when it does not end */
  async verdict(withinMs: number): Promise<RunResult> {
    const result = await this.client.waitForVerdict(this.workflowId, withinMs);
    if (result) return result;
    throw new Error(`no verdict within ${withinMs / 1_000} s; the run is ${JSON.stringify(await this.look())?.slice(0, 2_000)}`);
  }

  async end(): Promise<void> {
    if (this.workflowId)
      await this.client.temporal.workflow
        .getHandle(this.workflowId)
        .terminate('test is over')
        .catch(() => undefined);
    for (const worker of this.workers) worker.kill();
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
