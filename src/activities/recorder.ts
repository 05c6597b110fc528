import { AsyncResource } from 'node:async_hooks';
import { log } from '@temporalio/activity';
import type { Sample } from '../domain/sample.ts';
import type { Records } from '../records/ports.ts';
import { joinRounds, leaveRounds } from './rounds.ts';

/** Where the samples belong. */
export interface SamplePlace {
  workflowId: string;
  wave: string;
  iteration: number;
  phase: 'baseline' | 'fault' | 'recovery' | 'steady-state';
}

/** Samples kept while the database does not answer; beyond it the oldest go, and the gap shows in the report. */
const MAX_BUFFERED = 20_000;

/**
 * Writes samples to the records in batches, in the rounds that all watches of a worker share, so that the records can write them together.
 * A database that is away never stops a guard: the samples wait, and what is decided from them is decided from memory.
 */
export class SampleRecorder {
  private buffer: Sample[] = [];
  private flushing: Promise<void> = Promise.resolve();
  /** Bound to the activity that it works for, or its warnings would be logged as somebody else's. */
  private readonly inRound: () => void;
  private readonly records: Pick<Records, 'appendSamples'>;
  private readonly place: SamplePlace;

  constructor(records: Pick<Records, 'appendSamples'>, place: SamplePlace) {
    this.records = records;
    this.place = place;
    this.inRound = AsyncResource.bind(() => void this.flush());
    joinRounds(this.inRound);
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
    leaveRounds(this.inRound);
    await this.flush();
  }
}
