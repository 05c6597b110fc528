import { ServiceError, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { EVERYWHERE, isEnvironment, LEDGER, MESSAGES } from '../domain/ledger/names.ts';
import { runningExperiments } from '../domain/ledger/visibility.ts';
import type { Halt, RunResult } from '../domain/run.ts';
import { ledgerStart, readLedgerMemo, type LedgerHome } from './ledger.ts';

/** What halts: an environment, or all of them when none is named. */
export interface HaltOptions {
  environment?: string;
  /** `incident`: the verdict of every run that it stops is `void`. */
  kind?: Halt['kind'];
  by: string;
  reason: string;
}

/** How a halt goes. */
export interface HaltProgress {
  /** Live runs that were told, by now. */
  told: number;
  /** Of these, how many have closed. */
  stopped: number;
  /** Ids of those that have not. */
  left: string[];
}

/** How a halt went. */
export interface HaltOutcome extends HaltProgress {
  environment: string;
  halt: Halt;
  /** Halt → last undo of a live fault done, milliseconds, by the runs' own clocks; absent when nothing was live. */
  lastUndoMs?: number;
  verdicts: Record<string, number>;
  /** What could not be undone. */
  leftovers: string[];
}

const SIGNALS_AT_ONCE = 20;
const LOOK_EVERY_MS = 250;
/** Lists lag behind starts: a run that began just before the halt is found by a later look. */
const LEAST_LOOKS = 4;
/** Lists also lag behind ends: every so many looks each run is asked itself whether it has closed. */
const ASK_EACH_EVERY = 8;

/** Does `work` for each item, some at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += SIGNALS_AT_ONCE) await Promise.all(items.slice(i, i + SIGNALS_AT_ONCE).map(work));
}

/** The runs that a halt has to do with. */
class Stopping {
  readonly open = new Set<string>();
  readonly results = new Map<string, RunResult | undefined>();
  private readonly home: LedgerHome;
  private readonly halt: Halt;
  private readonly environment: string | undefined;

  constructor(home: LedgerHome, halt: Halt, environment: string | undefined) {
    this.home = home;
    this.halt = halt;
    this.environment = environment;
  }

  /** Looks who is live, tells whoever was not told, and takes the results of those who have closed. @param asksEach do not trust the list alone */
  async look(asksEach: boolean): Promise<void> {
    const { workflow } = this.home.temporal;
    const live = new Set<string>();
    for await (const { workflowId, startTime } of workflow.list({ query: runningExperiments(this.home.taskQueue, this.environment) }))
      if (startTime.getTime() <= this.halt.atMs) live.add(workflowId); // whoever starts later meets the halt at the gates
    const fresh = [...live].filter((id) => !this.open.has(id) && !this.results.has(id));
    await each(fresh, async (id) => {
      await workflow.getHandle(id).signal('halted', this.halt).catch(ignoreGone);
      this.open.add(id);
    });
    await each(
      [...this.open].filter((id) => asksEach || !live.has(id)),
      (id) => this.takeResult(id),
    );
  }

  private async takeResult(id: string): Promise<void> {
    // The list may be ahead of the history by a moment: what is still open is looked at again.
    const handle = this.home.temporal.workflow.getHandle(id);
    if ((await handle.describe()).status.name === 'RUNNING') return;
    const result = (await handle.result().catch(ignoreFailed)) as RunResult | undefined;
    this.open.delete(id);
    this.results.set(id, result);
  }

  progress(): HaltProgress {
    return { told: this.open.size + this.results.size, stopped: this.results.size, left: [...this.open].sort() };
  }

  outcome(environment: string): HaltOutcome {
    const results = [...this.results.values()];
    const undone = results.flatMap((result) =>
      result?.stopSeenMs !== undefined && result.stopLatencyMs !== undefined
        ? [result.stopSeenMs + result.stopLatencyMs - this.halt.atMs]
        : [],
    );
    const verdicts: Record<string, number> = {};
    for (const result of results) verdicts[result?.verdict ?? 'none'] = (verdicts[result?.verdict ?? 'none'] ?? 0) + 1;
    return {
      environment,
      halt: this.halt,
      ...this.progress(),
      verdicts,
      leftovers: results.flatMap((result) => result?.leftovers ?? []),
      ...(undone.length > 0 && { lastUndoMs: Math.max(...undone) }),
    };
  }
}

/** Terminated, or failed by a bug of ours: it has no verdict. */
function ignoreFailed(cause: unknown): undefined {
  if (!(cause instanceof WorkflowFailedError)) throw cause;
}

/** A later look may find what this one could not ask. */
function orOutage(cause: unknown): ServiceError {
  if (cause instanceof ServiceError) return cause;
  throw cause;
}

function ignoreGone(cause: unknown): void {
  if (!(cause instanceof WorkflowNotFoundError)) throw cause;
}

/**
 * Stops every live run of an environment, or of all, and refuses new ones until it is lifted. The flag is durable once this has told Temporal, with or
 * without a worker; the runs are told from here and by the ledger, whichever is first.
 * @param withinMs longest wait for the runs to close; their undo goes on whatever happens to this
 * @throws ServiceError when Temporal does not take the flag, or is away when the wait ends: then nobody knows who was told
 */
export async function haltRuns(
  home: LedgerHome,
  { environment, kind = 'halt', by, reason }: HaltOptions,
  withinMs: number,
  onProgress: (progress: HaltProgress) => void = () => undefined,
): Promise<HaltOutcome> {
  if (environment !== undefined && !isEnvironment(environment))
    throw new TypeError(`'${environment.slice(0, 60)}' is no name of an environment`);
  const name = environment ?? EVERYWHERE;
  const halt: Halt = { kind, by, reason, atMs: Date.now() };
  await home.temporal.workflow.signalWithStart(LEDGER, { ...ledgerStart(home, name), signal: MESSAGES.halt, signalArgs: [halt] });
  const stopping = new Stopping(home, halt, environment);
  const untilMs = Date.now() + withinMs;
  for (let looks = 1; ; looks++) {
    const asksEach = looks % ASK_EACH_EVERY === 0;
    const isFlagged = await stopping
      .look(asksEach)
      .then(async () => (await readLedgerMemo(home, name)).halt !== undefined)
      .catch(orOutage);
    const progress = stopping.progress();
    onProgress(progress);
    const isLate = Date.now() >= untilMs;
    if (isLate && isFlagged instanceof ServiceError) throw isFlagged;
    if (isLate || (looks >= LEAST_LOOKS && isFlagged === true && progress.left.length === 0)) return stopping.outcome(name);
    await delay(LOOK_EVERY_MS);
  }
}
