import { activityInfo, getClient, log } from '@temporalio/activity';
import type { OrderPlace } from '../domain/order.ts';
import type { Breach } from '../domain/stop-conditions.ts';
import type { LeasePort } from '../faults/ports.ts';

/** Renewals per lease: two may fail before it runs out. */
const RENEWALS_PER_LEASE = 3;
/** Longest that the last look may delay the result, milliseconds: an undo waits for it. */
const LAST_LOOK_WITHIN_MS = 1_000;

const breachOf = (rule: string): Breach => ({ probe: 'lease', rule, value: null, limit: null, atMs: Date.now(), blind: true });

/**
 * Keeps the leases of a place alive while its guard is healthy: a part of the guard's activity, not a judge of its own.
 *
 * Each renewal is first confirmed by Temporal, with a heartbeat that waits for its answer. A worker that is cut off, an attempt that was given
 * to another worker, and a run that was terminated get none, renew no more, and the fault is undone at its target.
 */
export class LeaseKeeper {
  private lost: Breach | undefined;
  private renewedMs = performance.now();
  private failure = '';
  private timer: NodeJS.Timeout | undefined;
  private isBusy = false;

  /** @param checkpoint what the confirming heartbeat carries, as any other of the guard's */
  constructor(
    private readonly leases: LeasePort,
    private readonly place: OrderPlace,
    private readonly leaseMs: number,
    private readonly checkpoint: () => unknown,
  ) {}

  start(): void {
    this.leases.prepare();
    this.timer = setInterval(() => void this.renew(), this.everyMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Why the fault can no longer be taken to last, and so the guard must end. */
  breach(): Breach | undefined {
    const sinceMs = performance.now() - this.renewedMs;
    if (sinceMs > this.leaseMs)
      this.lost ??= breachOf(
        `no lease could be renewed for ${(sinceMs / 1_000).toFixed(1)} s (lease ${this.leaseMs / 1_000} s): ${this.failure || 'the last attempt has not ended yet'}`,
      );
    return this.lost;
  }

  /** Looks whether a lease has run out since the last renewal. What cannot be looked up is not held against the fault. */
  async lastLook(): Promise<Breach | undefined> {
    this.stop();
    const late = new Promise<string[]>((resolve) => setTimeout(resolve, LAST_LOOK_WITHIN_MS, []).unref());
    this.note(await Promise.race([this.leases.ranOut(this.place).catch(() => []), late]));
    return this.breach();
  }

  private get everyMs(): number {
    return this.leaseMs / RENEWALS_PER_LEASE;
  }

  private note(keys: readonly string[]): void {
    if (keys.length > 0) this.lost ??= breachOf(`the lease ran out, and the fault was undone at its target: ${keys.join(', ')}`);
  }

  private async renew(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    const askedMs = performance.now();
    try {
      await this.confirm();
      // a process that stood still in between renews nothing on the strength of an old answer
      if (performance.now() - askedMs > this.everyMs) throw new Error('the answer of Temporal came too late');
      this.note(await this.leases.renew(this.place));
      this.renewedMs = askedMs;
      this.failure = '';
    } catch (error) {
      const isNew = this.failure === '';
      this.failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      if (isNew) log.warn('leases are not renewed', { place: this.place, failure: this.failure });
    } finally {
      this.isBusy = false;
    }
  }

  /** @throws Error unless Temporal says now that this attempt owns the activity and that nobody has cancelled, paused or reset it */
  private async confirm(): Promise<void> {
    const client = getClient();
    await client.withDeadline(Date.now() + this.everyMs, () => client.activity.heartbeat(activityInfo().taskToken, this.checkpoint()));
  }
}
