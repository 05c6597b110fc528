import type { BreakwaterClient, RunResult } from '../client.ts';
import { awaitVerdict } from './await-verdict.ts';
import { inTime } from './connect.ts';
import type { Scene } from './live-view.ts';

/** What is seen of a run at one moment. */
export type Sight = Pick<Scene, 'state' | 'live'>;

/** A run as it is watched, through Temporal or through the API. */
export interface WatchedRun {
  workflowId: string;
  /** @throws when nothing newer is known: the run may go on all the same */
  look(): Promise<Sight>;
  /**
   * Waits for the end, also over an outage of what is asked.
   * @throws when it stays away, or the run cannot be watched any more
   */
  closed(signal: AbortSignal): Promise<RunResult>;
  /** Ends the run, for a person who watches it. */
  abort(reason: string): Promise<void>;
}

/** A run as Temporal shows it. @param by who aborts it, if so */
export const runAtTemporal = (client: BreakwaterClient, workflowId: string, by: string): WatchedRun => ({
  workflowId,
  async look() {
    const [state, live] = await inTime(client, () => Promise.all([client.status(workflowId), client.live(workflowId)]));
    const place = state.queued && (await inTime(client, () => client.queuePlace(state)).catch(() => undefined));
    return { state: { ...state, ...(place && { queued: place }) }, live };
  },
  closed: (signal) => awaitVerdict(client, workflowId, signal),
  async abort(reason) {
    await inTime(client, () => client.abort(workflowId, { by, reason }));
  },
});
