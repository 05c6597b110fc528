import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo, getClient } from '@temporalio/activity';
import type { OrderPlace } from '../domain/order.ts';

/** Asked of the run by its guard: `isHolding(wave/iteration)`, whether each order has its answer, so that the fault is held now. */
export const IS_HOLDING = 'isHolding';

/** Longest that the hold may take to begin, milliseconds: a fence and then the orders have 20 s each, and the run needs time of its own. */
const BEGINS_WITHIN_MS = 45_000;
/** The run is asked this long after the guard was armed, and then ever more rarely, milliseconds. */
const FIRST_ASKED_AFTER_MS = 100;
const ASKED_AT_LEAST_EVERY_MS = 1_000;
const ANSWERED_WITHIN_MS = 5_000;

/** What a guard leaves of a hold to the next. */
export interface HoldCheckpoint {
  /** When it ends at the earliest, epoch milliseconds; null before the guard was armed. */
  endMs: number | null;
  /** The run has said that it holds, so it ends at `endMs`. Absent: it may not have begun. */
  hasBegun?: true;
}

/**
 * How long a guard watches. Injecting takes its time, on a busy machine seconds: the hold begins when the run has its answers, which only the
 * run knows, and the guard asks it. It may be longer than planned by the time between two questions, and is never shorter.
 */
export class Hold {
  private readonly over = new AbortController();

  /**
   * @param ms how long it lasts once it has begun
   * @param isAwaited false: nothing is injected (a dry run), or the run cannot be asked; then it lasts from the moment that the guard is armed
   * @param nowMs the guard's clock
   */
  constructor(
    private readonly ms: number,
    private readonly isAwaited: boolean,
    private readonly place: OrderPlace,
    private saved: HoldCheckpoint,
    private readonly nowMs: () => number,
  ) {}

  get isArmed(): boolean {
    return this.saved.endMs !== null;
  }

  get checkpoint(): HoldCheckpoint {
    return this.saved;
  }

  /** The guard sees from now on; or again, and then the hold goes on. */
  arm(): void {
    if (this.saved.endMs === null) this.saved = { endMs: this.nowMs() + this.ms };
    if (this.isAwaited && !this.saved.hasBegun) void this.ask().catch(() => undefined); // it was stopped
  }

  isOver(nowMs: number): boolean {
    const { endMs, hasBegun } = this.saved;
    return endMs !== null && nowMs >= endMs + (this.isAwaited && !hasBegun ? BEGINS_WITHIN_MS : 0);
  }

  stop(): void {
    this.over.abort();
  }

  private async ask(): Promise<void> {
    const { signal } = this.over;
    for (let restMs = FIRST_ASKED_AFTER_MS; ; restMs = Math.min(restMs * 2, ASKED_AT_LEAST_EVERY_MS)) {
      await sleep(restMs, undefined, { signal });
      const isHolding = await askRun(this.place);
      signal.throwIfAborted();
      if (!isHolding) continue;
      this.saved = { endMs: this.nowMs() + this.ms, hasBegun: true };
      return;
    }
  }
}

/** No answer is no yes: the run is asked again. */
async function askRun({ wave, iteration }: OrderPlace): Promise<boolean> {
  const { workflowExecution } = activityInfo();
  if (!workflowExecution) return false;
  const client = getClient();
  const run = client.workflow.getHandle(workflowExecution.workflowId, workflowExecution.runId);
  const asked = client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () =>
    run.query<boolean, [string]>(IS_HOLDING, `${wave}/${iteration}`),
  );
  return asked.catch(() => false);
}
