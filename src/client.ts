import { randomInt, randomUUID } from 'node:crypto';
import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  type ConnectionOptions,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import { haltRuns, type HaltOptions, type HaltOutcome, type HaltProgress } from './client/halt.ts';
import { listLedgers, readLedger, readLedgerMemo, updateLedger } from './client/ledger.ts';
import { EVERYWHERE } from './domain/ledger/names.ts';
import { placeIn } from './domain/ledger/settle.ts';
import type { LedgerState, Limits } from './domain/ledger/state.ts';
import type { LiveView, LiveViewCheckpoint } from './activities/watching.ts';
import type { Act, Halt, RunInput, RunResult, RunState } from './domain/run.ts';
import { EXIT_CODES } from './domain/run.ts';
import { isRunId } from './domain/start.ts';
import type { SweepInput, SweepResult } from './domain/sweep.ts';
import { parseDocument } from './language/experiment.ts';
import { describeJanitor, installJanitor, Schedules } from './client/schedules.ts';
import { runPlace, startOnce, type OnceStarted, type RunPlace } from './client/once.ts';
import { inputOf, startOptionsOf, workflowIdOf, type StartedRun, type StartOptions } from './client/starting.ts';
import { makeCurrent } from './client/versions.ts';
import type { SurveyQuery } from './domain/kubernetes/survey.ts';
import type { Inspection } from './workflows/inspect.ts';
import type { PlanResult } from './workflows/plan.ts';
import type { SurveyResult } from './workflows/survey.ts';

export type { Act, Halt, RunInput, RunResult, RunState } from './domain/run.ts';
export type { HaltOptions, HaltOutcome, HaltProgress } from './client/halt.ts';
export type { LedgerState, Limits } from './domain/ledger/state.ts';
export type { Verdict } from './domain/verdict.ts';
export type { PlanResult } from './workflows/plan.ts';
export type { SurveyResult } from './workflows/survey.ts';
export type { SweepInput, SweepResult, SweepRow } from './domain/sweep.ts';
export type { ScheduleRequest } from './client/schedules.ts';
export type { ScheduleQuery, SchedulesPage } from './client/schedule-list.ts';
export type { ScheduleView } from './client/schedule-view.ts';
export type { Period, ScheduleOutlook, UnreadableSchedule } from './client/schedule-calendar.ts';
export type { CalendarEntry } from './schedules/entries.ts';
export type { ScheduleChange } from './client/schedule-files.ts';
export { BreakwaterHttpClient } from './client/http.ts';
export { ApiProblem, type ApiAddress } from './client/http-request.ts';
export type * from './client/http-views.ts';
export { workflowIdOf } from './client/starting.ts';
export type { StartedRun, StartOptions } from './client/starting.ts';
export { idOfKey } from './client/once.ts';
export type { OnceStarted, RunPlace } from './client/once.ts';
export type { LiveView } from './activities/watching.ts';

/** How often an act is sent whose workflow task failed under it. */
const STEER_ATTEMPTS = 5;
const SWEEP_WITHIN = '10m';

const isLostUpdate = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && error.cause.message.includes('unexpected workflow task failure');

/** Typed doors to Breakwater, through Temporal. Used by the CLI, the tests and other services alike. */
export class BreakwaterClient {
  readonly temporal: Client;
  readonly taskQueue: string;

  constructor(temporal: Client, taskQueue = 'breakwater') {
    this.temporal = temporal;
    this.taskQueue = taskQueue;
  }

  /** @throws when Temporal does not answer */
  static async connect(options: { connection?: ConnectionOptions; namespace?: string; taskQueue?: string }): Promise<BreakwaterClient> {
    const connection = await Connection.connect(options.connection);
    return new BreakwaterClient(new Client({ connection, namespace: options.namespace ?? 'default' }), options.taskQueue);
  }

  async close(): Promise<void> {
    await this.temporal.connection.close();
  }

  /** Plans without running: parsed plan, gates, victims, what the probes answer. Touches nothing. */
  async plan(options: StartOptions): Promise<PlanResult> {
    const input = inputOf(options);
    return (await this.temporal.workflow.execute('plan', {
      taskQueue: this.taskQueue,
      workflowId: `plan.${randomInt(36 ** 8).toString(36)}`,
      args: [input],
      workflowExecutionTimeout: '3m',
      staticSummary: 'plan: touches nothing',
    })) as PlanResult;
  }

  /** Whether what the control workers ask beside Temporal and the records answers them. Touches nothing. */
  async inspect(): Promise<Inspection> {
    return (await this.temporal.workflow.execute('inspect', {
      taskQueue: this.taskQueue,
      workflowId: `inspect.${randomInt(36 ** 8).toString(36)}`,
      workflowExecutionTimeout: '20s',
      staticSummary: 'doctor: touches nothing',
    })) as Inspection;
  }

  /** Looks at the pods of a site's cluster: which could be targeted, and why the rest cannot be. Touches nothing. */
  async survey(site: string, query: SurveyQuery): Promise<SurveyResult> {
    return (await this.temporal.workflow.execute('survey', {
      taskQueue: this.taskQueue,
      workflowId: `survey.${randomInt(36 ** 8).toString(36)}`,
      args: [site, query],
      workflowExecutionTimeout: '3m',
      staticSummary: 'discover: touches nothing',
    })) as SurveyResult;
  }

  /**
   * Starts a run.
   * @throws ZodError when the document is not an experiment: nothing is started
   */
  async startExperiment(options: StartOptions): Promise<StartedRun> {
    const experiment = parseDocument(options.document);
    const workflowId = workflowIdOf(experiment.metadata, experiment.fault.kind, options.idempotencyKey);
    const input: RunInput = { ...inputOf(options), issued: { workflowId, atMs: options.issuedAtMs ?? Date.now() } };
    try {
      const handle: WorkflowHandleWithFirstExecutionRunId = await this.temporal.workflow.start('experiment', {
        taskQueue: this.taskQueue,
        workflowId,
        args: [input],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        ...startOptionsOf(experiment, options.requestedBy),
      });
      return { workflowId, runId: handle.firstExecutionRunId, alreadyStarted: false };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || options.idempotencyKey === undefined) throw error;
      const { runId } = await this.temporal.workflow.getHandle(workflowId).describe();
      return { workflowId, runId, alreadyStarted: true };
    }
  }

  /**
   * Starts a run once for this requester and key, whatever the document says: the HTTP API's door.
   * @throws ZodError when the document is not an experiment: nothing is started
   */
  startOnce(options: StartOptions & { idempotencyKey: string }): Promise<OnceStarted> {
    return startOnce(this, options);
  }

  /** Whose a run is and where; undefined when Temporal knows no such run of this installation. */
  placeOf(workflowId: string): Promise<RunPlace | undefined> {
    return isRunId(workflowId) ? runPlace(this, workflowId) : Promise.resolve(undefined);
  }

  /** Schedules of experiments: chaos windows. */
  get schedules(): Schedules {
    return new Schedules(this.temporal, this.taskQueue);
  }

  /** Gives all work to the control workers of this build id, once one polls; undefined: to those without. @throws ServiceError when not `withinMs` */
  makeCurrent = (buildId: string | undefined, withinMs: number) => makeCurrent(this.temporal, this.taskQueue, buildId, withinMs);

  /** Creates the janitor's schedule, or brings it up to date. */
  installJanitor(everyMs: number): Promise<void> {
    return installJanitor(this.temporal, this.taskQueue, everyMs);
  }

  /** What is known of the janitor's schedule; undefined when there is none. */
  describeJanitor(): Promise<{ isPaused: boolean } | undefined> {
    return describeJanitor(this.temporal, this.taskQueue);
  }

  /** One sweep of the janitor, now: undoes what nobody holds any more. With `act: false` it looks and touches nothing. */
  async sweep(input: SweepInput = {}): Promise<SweepResult> {
    return (await this.temporal.workflow.execute('janitor', {
      taskQueue: this.taskQueue,
      workflowId: `janitor.${randomInt(36 ** 8).toString(36)}`,
      args: [input],
      workflowExecutionTimeout: SWEEP_WITHIN,
      staticSummary: input.act === false ? 'janitor: looks, touches nothing' : 'janitor: undoes what nobody holds any more',
    })) as SweepResult;
  }

  private handle(workflowId: string) {
    if (!isRunId(workflowId)) throw new TypeError(`'${workflowId.slice(0, 60)}' is not a run id; \`breakwater runs\` lists them`);
    return this.temporal.workflow.getHandle(workflowId);
  }

  /** The run's state, as its workflow tells it. */
  status(workflowId: string): Promise<RunState> {
    return this.handle(workflowId).query<RunState>('state');
  }

  /** An update that was lost with its workflow task is sent again; its id makes it one act however often it arrives. */
  private async steer(update: string, workflowId: string, act: Act): Promise<RunState> {
    const [handle, updateId] = [this.handle(workflowId), randomUUID()];
    for (let attempt = 1; ; attempt++) {
      try {
        return await handle.executeUpdate<RunState, [Act]>(update, { args: [act], updateId });
      } catch (error) {
        if (attempt === STEER_ATTEMPTS || !isLostUpdate(error)) throw error;
      }
    }
  }

  /** Approves what the run waits for. @param act `digest` must be the plan's */
  approve(workflowId: string, act: Act): Promise<RunState> {
    return this.steer('approve', workflowId, act);
  }

  reject(workflowId: string, act: Act): Promise<RunState> {
    return this.steer('reject', workflowId, act);
  }

  /** Ends a run in any phase; returns once the run has taken note, the undo follows at once. */
  abort(workflowId: string, act: Act): Promise<RunState> {
    return this.steer('abort', workflowId, act);
  }

  pause(workflowId: string, act: Act): Promise<RunState> {
    return this.steer('pause', workflowId, act);
  }

  resume(workflowId: string, act: Act): Promise<RunState> {
    return this.steer('resume', workflowId, act);
  }

  /**
   * Stops every live run of an environment, or of all when none is named, and refuses new ones until it is lifted. Needs no API.
   * @param withinMs longest wait until they have closed; whoever is left then is in the outcome
   */
  halt(options: HaltOptions, withinMs: number, onProgress?: (progress: HaltProgress) => void): Promise<HaltOutcome> {
    return haltRuns(this, options, withinMs, onProgress);
  }

  /** Lets new runs start again. @throws WorkflowUpdateFailedError when the act has no name or reason */
  async liftHalt(environment: string | undefined, { by, reason }: Act): Promise<void> {
    await updateLedger(this, environment ?? EVERYWHERE, 'lift', { by, reason: reason ?? 'not said' });
  }

  /** The halts that stand, by environment; `_all` stands for every one. Read without a worker. */
  async halts(environment?: string): Promise<Record<string, Halt>> {
    const names = environment === undefined ? [...new Set([EVERYWHERE, ...(await listLedgers(this))])] : [EVERYWHERE, environment];
    const found = await Promise.all(names.map(async (name) => [name, (await readLedgerMemo(this, name)).halt] as const));
    return Object.fromEntries(found.flatMap(([name, halt]) => (halt ? [[name, halt]] : [])));
  }

  /** The ledgers of all environments that have one, or of one of them: holds, queue, cool-downs, halt, limits. */
  async ledgers(environment?: string): Promise<Record<string, LedgerState>> {
    const names = environment === undefined ? await listLedgers(this) : [environment];
    const found = await Promise.all(names.map(async (name) => [name, await readLedger(this, name)] as const));
    return Object.fromEntries(found.flatMap(([name, state]) => (state ? [[name, state]] : [])));
  }

  /** A queued run's place as the ledger sees it now; the run itself knows what it was told when it last asked. */
  async queuePlace({ workflowId, queued }: Pick<RunState, 'workflowId' | 'queued'>): Promise<RunState['queued']> {
    const state = queued && (await readLedger(this, queued.environment));
    const place = state && placeIn(state, workflowId, Date.now());
    return queued && place?.kind === 'queued' ? { environment: queued.environment, ...place } : queued;
  }

  /** Sets the caps of an environment over all runs. What holds more already keeps it. */
  setLimits(environment: string, limits: Limits, { by }: Pick<Act, 'by'>): Promise<LedgerState> {
    return updateLedger(this, environment, 'limits', { ...limits, by });
  }

  /** Takes a run's place in the ledger away, whatever it does. @throws WorkflowUpdateFailedError when it has none */
  expireHold(environment: string, workflowId: string, { by, reason }: Act): Promise<LedgerState> {
    return updateLedger(this, environment, 'expire', { holder: workflowId, by, reason: reason ?? 'not said' });
  }

  /** What the run's watching activity sees now: newest readings and the limits they are watched against. */
  async live(workflowId: string): Promise<LiveView | undefined> {
    const { raw } = await this.handle(workflowId).describe();
    for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
      const [payload] = heartbeatDetails?.payloads ?? [];
      if (!payload?.data?.length) continue; // a heartbeat without details is an empty payload
      const checkpoint = JSON.parse(Buffer.from(payload.data).toString()) as Partial<LiveViewCheckpoint> | null;
      if (checkpoint?.live) return checkpoint.live;
    }
    return undefined;
  }

  /**
   * Waits for the end.
   * @returns undefined when `timeoutMs` passed before; the run goes on
   * @throws WorkflowFailedError when the run was terminated or failed by a bug of ours
   */
  async waitForVerdict(workflowId: string, timeoutMs?: number): Promise<RunResult | undefined> {
    const result = this.handle(workflowId).result() as Promise<RunResult>;
    if (timeoutMs === undefined) return result;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, timeoutMs, undefined)));
    return Promise.race([result, late]).finally(() => {
      clearTimeout(timer);
    });
  }
}

/** The CLI's exit code for a result: a leftover is the loudest; an aborted run that was not seen to recover is inconclusive. */
export function exitCodeOf({ verdict, leftovers, iterations }: Pick<RunResult, 'verdict' | 'leftovers' | 'iterations'>): number {
  if (leftovers.length > 0) return 6;
  const isUnproven = verdict === 'aborted' && iterations.some(({ recovery }) => recovery?.kind === 'not-recovered');
  return isUnproven ? EXIT_CODES.inconclusive : EXIT_CODES[verdict];
}
