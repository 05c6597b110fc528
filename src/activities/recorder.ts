import { log } from '@temporalio/activity';
import type { Sample } from '../domain/sample.ts';
import type { Records } from '../records/ports.ts';

/** Where the samples belong. */
export interface SamplePlace {
  workflowId: string;
  wave: string;
  iteration: number;
  phase: 'baseline' | 'fault' | 'recovery' | 'steady-state';
}

const FLUSH_EVERY_MS = 2_000;
/** Samples kept while the database does not answer; beyond it the oldest go, and the gap shows in the report. */
const MAX_BUFFERED = 20_000;

/**
 * Writes samples to the records in batches. A database that is away never stops a guard: the samples wait, and what is
 * decided from them is decided from memory.
 */
export class SampleRecorder {
  private buffer: Sample[] = [];
  private flushing: Promise<void> = Promise.resolve();
  private readonly timer: NodeJS.Timeout;
  private readonly records: Pick<Records, 'appendSamples'>;
  private readonly place: SamplePlace;

  constructor(records: Pick<Records, 'appendSamples'>, place: SamplePlace) {
    this.records = records;
    this.place = place;
    this.timer = setInterval(() => void this.flush(), FLUSH_EVERY_MS);
  }

  add(sample: Sample): void {
    this.buffer.push(sample);
    if (this.buffer.length > MAX_BUFFERED) this.buffer.splice(0, this.buffer.length - MAX_BUFFERED);
  }

  private flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.write());
    return this.flushing;
  }

  private async write(): Promise<void> {
    const batch = this.buffer.splice(0);
    if (batch.length === 0) return;
    const { workflowId, ...place } = this.place;
    try {
      await this.records.appendSamples(
        workflowId,
        batch.map((sample) => ({ ...sample, ...place })),
      );
    } catch (cause) {
      this.buffer.unshift(...batch);
      log.warn('samples could not be recorded yet', { waiting: this.buffer.length, cause });
    }
  }

  /** Writes what is left. A failure is logged: the decision does not depend on it. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}
