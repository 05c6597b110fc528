import { setTimeout as delay } from 'node:timers/promises';
import type { BreakwaterHttpClient, RunResult, RunView } from '../client.ts';
import type { RunEvent, RunState } from '../domain/run.ts';
import { isApiOutage } from './api-failure.ts';
import { PATIENCE_MS } from './await-verdict.ts';
import type { Sight, WatchedRun } from './watched-run.ts';

/** How often the run's record and state are asked for: of one identity the API takes 600 requests a minute. */
const LOOK_EVERY_MS = 2_000;

const byTime = (a: RunEvent, b: RunEvent): number => a.atMs - b.atMs || (a.key < b.key ? -1 : 1);

/** The result that is on record, or the one that the run itself tells where there is no record. */
export function resultOf({ run, state }: RunView): RunResult | undefined {
  if (run?.closedAtMs !== undefined && run.result) return run.result as unknown as RunResult;
  if (state?.phase !== 'closed' || !state.decision) return undefined;
  const { workflowId, decision, leftovers, victims, iterations, stopSeenMs, stopLatencyMs } = state;
  return {
    ...{ workflowId, ...decision, leftovers, victims, iterations },
    ...(stopSeenMs !== undefined && { stopSeenMs }),
    ...(stopLatencyMs !== undefined && { stopLatencyMs }),
    recordsIncomplete: run !== undefined,
  };
}

/**
 * A run as the API shows it: its events come by the stream; state and end are asked for, so that a stream that is refused, or ends without the
 * end of the run, hides neither. What a guard reads at this moment is not told.
 */
export class RunAtApi implements WatchedRun {
  readonly workflowId: string;
  private readonly api: BreakwaterHttpClient;
  private readonly events = new Map<string, RunEvent>();
  private state: RunState | undefined;
  private trouble: string | undefined;
  private outage: Error | undefined;

  constructor(api: BreakwaterHttpClient, workflowId: string) {
    this.api = api;
    this.workflowId = workflowId;
  }

  look(): Promise<Sight> {
    if (this.trouble !== undefined) return Promise.reject(new Error(this.trouble));
    const { state } = this;
    const all = new Map([...(state?.events ?? []).map((event) => [event.key, event] as const), ...this.events]);
    return Promise.resolve({ state: state && { ...state, events: [...all.values()].sort(byTime) }, live: undefined });
  }

  async closed(signal: AbortSignal): Promise<RunResult> {
    const over = new AbortController();
    let isStreaming = true;
    const streaming = this.stream(AbortSignal.any([signal, over.signal])).finally(() => {
      isStreaming = false;
    });
    const aWhile = (): Promise<unknown> => delay(LOOK_EVERY_MS, undefined, { signal });
    let answeredMs = Date.now();
    let unrecorded = 0;
    try {
      for (;;) {
        const view = await this.ask();
        const result = view && resultOf(view);
        // A run closes its record before itself, and one look asks for the record first: only the second time is it sure that it stays open.
        if (result && (!result.recordsIncomplete || view.run?.closedAtMs !== undefined || ++unrecorded > 1)) {
          await Promise.race([streaming, aWhile()]); // the last events
          return this.close(result);
        }
        if (view) answeredMs = Date.now();
        else if (Date.now() - answeredMs > PATIENCE_MS) throw this.outage ?? new Error(this.trouble);
        await (isStreaming ? Promise.race([streaming, aWhile()]) : aWhile());
      }
    } finally {
      over.abort();
    }
  }

  async abort(reason: string): Promise<void> {
    await this.api.abort(this.workflowId, { reason });
  }

  /** @returns undefined while the API is away */
  private async ask(): Promise<RunView | undefined> {
    try {
      const view = await this.api.run(this.workflowId);
      this.state = view.state ?? this.state;
      this.trouble = view.state || view.run?.closedAtMs !== undefined ? undefined : view.unknown;
      return view;
    } catch (error) {
      if (!isApiOutage(error)) throw error;
      this.outage = error;
      this.trouble = `the API does not answer: ${error.message}`;
      return undefined;
    }
  }

  /** Takes events until the end of the run or the signal. A stream that is refused is no matter: the end is also asked for. */
  private async stream(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const seen of this.api.watch(this.workflowId, { signal }))
          if (seen.kind === 'event') this.events.set(seen.event.key, seen.event);
        return;
      } catch (error) {
        if (!isApiOutage(error)) return;
      }
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What is on record of an end is the last that is seen: of a run that is over the API tells no state. */
  private close(result: RunResult): RunResult {
    const { workflowId, victims, iterations, leftovers } = result;
    const rest = this.state ?? { approvals: [], approvalsRequired: 0, events: [] };
    const { awaiting: _none, awaitingFor: _nobody, queued: _nowhere, paused: _over, ...kept } = rest as RunState;
    this.state = { ...kept, workflowId, victims, iterations, leftovers, phase: 'closed' };
    this.trouble = undefined;
    return result;
  }
}
