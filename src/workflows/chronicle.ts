import { log, workflowInfo } from '@temporalio/workflow';
import type { Farewell } from '../activities/ledger.ts';
import type { AuditHead } from '../domain/audit/entry.ts';
import type { RunEvent, RunResult } from '../domain/run.ts';
import type { OpenRun } from '../records/ports.ts';
import { closing, recording } from './proxies.ts';

/** How many events the query shows; the records have all. */
const NEWEST = 40;

/** The run's events: buffered here, where they are durable, and written to the records in a few steps. */
export class Chronicle {
  private readonly waiting: RunEvent[] = [];
  private count = 0;
  /** What the query shows. */
  readonly newest: RunEvent[] = [];
  /** Who the events belong to; set once the run is admitted. */
  run: OpenRun | undefined;

  /** Notes a decision or a deed. `place` is the wave and iteration that it belongs to. */
  add(kind: string, data: Record<string, unknown> = {}, place: { wave?: string; iteration?: number } = {}): void {
    const event: RunEvent = { key: `${String(this.count++).padStart(5, '0')}-${kind}`, atMs: Date.now(), kind, data, ...place };
    this.waiting.push(event);
    this.newest.push(event);
    if (this.newest.length > NEWEST) this.newest.shift();
  }

  /** Writes what waits, and tells the ledger what it must hear. A failure is logged and the events stay for the next time. */
  async flush(farewell?: Farewell): Promise<boolean> {
    if (farewell) return this.write((run, events) => recording.recordAndLeave(run, events, farewell), true);
    return this.write((run, events) => recording.recordEvents(run, events));
  }

  /** The last flush, with patience. */
  async finish(): Promise<boolean> {
    return this.write((run, events) => closing.recordEvents(run, events));
  }

  /** The last flush and the end in one step, with patience. @returns whether it was written, and where the audit log ends with it */
  async end(result: RunResult, farewell?: Farewell): Promise<{ isWritten: boolean; head?: AuditHead | undefined }> {
    const end = { result, closedAtMs: Date.now(), ...(farewell && { farewell }) };
    let head: AuditHead | undefined;
    const isWritten = await this.write(async (run, events) => {
      head = await closing.recordEnd(run, events, end);
    }, true);
    return { isWritten, head };
  }

  private async write(send: (run: OpenRun, events: RunEvent[]) => Promise<void>, evenIfEmpty = false): Promise<boolean> {
    const batch = [...this.waiting];
    if (!this.run || (batch.length === 0 && !evenIfEmpty)) return true;
    try {
      await send(this.run, batch);
      this.waiting.splice(0, batch.length);
      return true;
    } catch (cause) {
      log.warn('events could not be recorded', { waiting: batch.length, workflowId: workflowInfo().workflowId, cause: String(cause) });
      return false;
    }
  }
}
