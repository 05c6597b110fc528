import { watch } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileOf, namesWith, placeOfName, renewalOf } from '../adapters/leases/names.ts';
import { Acknowledgement, filesIn, readJson, removeFile, renewedMs, UndoRecord } from '../adapters/leases/records.ts';
import { writeWhole } from '../adapters/process/write-file.ts';
import type { ProcessIdentity } from '../domain/process.ts';
import { deadlineOf, mustWait, nextLook, retryAfterMs, type Charge } from './charge.ts';
import type { Log } from './log.ts';
import type { UndoAtEnd } from './undo.ts';

/** Changes are seen at once through the file system's events; this is for the file systems without. */
const LOOK_EVERY_MS = 200;
/** How soon a record that could not be served is looked at again. */
const READ_AGAIN_MS = 1_000;
/** How long it stays when there is nothing left to watch over. */
const LINGER_MS = 3_000;

/** What a reaper needs. */
export interface Service {
  /** The folder of the leases. It ends when the folder is gone. */
  dir: string;
  me: ProcessIdentity;
  pidNamespace: string;
  undo: UndoAtEnd;
  log: Log;
  /** Aborts when it is asked to leave: then everything is undone now. */
  leaving: AbortSignal;
}

/** Watches over the undo records of a folder, and returns once there have been none for a while. */
export class Reaper {
  private readonly charges = new Map<string, Charge>();
  /** Records that it cannot serve, why, and when it tries again by the monotonic clock. */
  private readonly others = new Map<string, { reason: string; nextTry: number }>();
  private hasNews = false;
  private wake: () => void = () => undefined;

  constructor(private readonly service: Service) {}

  async serve(): Promise<void> {
    const { dir, leaving } = this.service;
    const watcher = watch(dir, () => this.tell());
    watcher.on('error', () => undefined); // the looks in between do without
    leaving.addEventListener('abort', () => this.tell());
    try {
      let idleSince = performance.now();
      for (;;) {
        await this.look();
        for (const charge of this.charges.values()) if (this.isDue(charge)) void this.reap(charge);
        if (this.charges.size > 0) idleSince = performance.now();
        if (this.isDone(performance.now() - idleSince)) return;
        await this.change();
      }
    } finally {
      watcher.close();
    }
  }

  /** Whether there is a record that it could serve. */
  async hasMore(): Promise<boolean> {
    return namesWith(await filesIn(this.service.dir), 'lease').some((name) => !this.others.has(name));
  }

  private isDue(charge: Charge): boolean {
    return !this.mustWait(charge) && (nextLook(charge) <= performance.now() || this.mustHurry(charge));
  }

  private mustWait(charge: Charge): boolean {
    return mustWait(charge, this.charges.values(), this.service.leaving.aborted);
  }

  /** Asked to leave, it undoes everything at once, and stays for nothing that it has tried in vain. */
  private mustHurry({ isBusy, tries }: Charge): boolean {
    return this.service.leaving.aborted && !isBusy && tries === 0;
  }

  private isDone(idleMs: number): boolean {
    const { leaving } = this.service;
    return leaving.aborted ? [...this.charges.values()].every(({ isBusy, tries }) => !isBusy && tries > 0) : idleMs > LINGER_MS;
  }

  /** Brings what it knows up to what is on disk. */
  private async look(): Promise<void> {
    const { dir } = this.service;
    const names = namesWith(await filesIn(dir), 'lease');
    for (const charge of this.charges.values()) if (!charge.isBusy && !names.includes(charge.name)) this.charges.delete(charge.name);
    for (const name of this.others.keys()) if (!names.includes(name)) this.others.delete(name);
    for (const name of names)
      if (!this.charges.has(name) && performance.now() >= (this.others.get(name)?.nextTry ?? 0)) await this.takeCharge(name);
    for (const place of new Set([...this.charges.keys()].map(placeOfName))) await this.takeRenewal(place);
  }

  private async takeCharge(name: string): Promise<void> {
    const { dir, me, pidNamespace, log } = this.service;
    try {
      const record = await readJson(join(dir, fileOf(name, 'lease')), UndoRecord);
      if (!record) return;
      // what is in a cluster is undone from anywhere: a site's worker in a pod comes back in another pid namespace
      const isProcess = record.order.target.kind === 'process';
      if (isProcess && record.pidNamespace !== pidNamespace && record.bootId === me.bootId)
        throw new Error(
          `${name} was armed in pid namespace ${record.pidNamespace}, this is ${pidNamespace}: only a reaper there can undo it`,
        );
      const isVoid = record.bootId !== me.bootId;
      const earlier = await readJson(join(dir, fileOf(name, 'ack')), Acknowledgement).catch(() => undefined);
      const sinceMs = earlier?.sinceMs ?? Date.now(); // before the first acknowledgement nothing was injected
      const known = { record, sinceMs, renewedMs: await renewedMs(dir, placeOfName(name)) };
      const deadline = isVoid ? performance.now() : deadlineOf(known, Date.now(), performance.now());
      this.charges.set(name, { ...known, name, deadline, tries: 0, nextTry: 0, isBusy: false });
      await writeWhole(join(dir, fileOf(name, 'ack')), { reaper: me, sinceMs }, 'replace');
      log('in charge', { key: record.order.key, leftMs: Math.round(deadline - performance.now()) });
      this.others.delete(name);
    } catch (error) {
      const reason = (error as Error).message;
      if (this.others.get(name)?.reason !== reason)
        log('A PERSON MUST LOOK: this undo record cannot be served', { file: fileOf(name, 'lease'), reason });
      this.others.set(name, { reason, nextTry: performance.now() + READ_AGAIN_MS });
    }
  }

  private async takeRenewal(place: string): Promise<void> {
    const renewed = await renewedMs(this.service.dir, place);
    for (const charge of this.charges.values()) {
      if (placeOfName(charge.name) !== place || charge.renewedMs === renewed || charge.isBusy || charge.tries > 0) continue;
      if (charge.record.bootId !== this.service.me.bootId) continue;
      charge.renewedMs = renewed;
      charge.deadline = deadlineOf(charge, Date.now(), performance.now());
    }
  }

  private async reap(charge: Charge): Promise<void> {
    const { dir, undo, log, leaving } = this.service;
    const { name, record } = charge;
    const { key } = record.order;
    charge.isBusy = true;
    const why = leaving.aborted && charge.deadline > performance.now() ? 'the reaper was asked to leave' : 'the lease ran out';
    const reversal = await undo(record, `${why} at ${new Date().toISOString()}`).catch((error: unknown) => ({
      undone: false,
      evidence: error instanceof Error ? error.message : String(error),
    }));
    try {
      if (reversal.undone) await this.finish(charge, reversal.evidence);
      else
        await writeWhole(
          join(dir, fileOf(name, 'stuck')),
          { reason: reversal.evidence, tries: charge.tries + 1, atMs: Date.now() },
          'replace',
        );
    } catch (error) {
      log('cannot write', { key, reason: (error as Error).message });
    }
    charge.tries++;
    charge.nextTry = performance.now() + retryAfterMs(charge.tries);
    charge.isBusy = false;
    log(reversal.undone ? 'undone' : 'stuck', { key, tries: charge.tries, evidence: reversal.evidence });
    this.tell();
  }

  /** The guard sees that it is over before the record is gone, and the record goes first: nothing is undone twice for long. */
  private async finish({ name, record }: Charge, evidence: string): Promise<void> {
    const { dir } = this.service;
    await writeWhole(join(dir, fileOf(name, 'over')), { key: record.order.key, evidence, atMs: Date.now() }, 'replace');
    for (const kind of ['lease', 'ack', 'stuck'] as const) await removeFile(dir, name, kind);
    this.charges.delete(name);
    const place = placeOfName(name);
    if (![...this.charges.keys()].some((other) => placeOfName(other) === place)) await rm(join(dir, renewalOf(place)), { force: true });
  }

  private tell(): void {
    this.hasNews = true;
    this.wake();
  }

  /** Waits until something may have changed. */
  private change(): Promise<void> {
    if (this.hasNews) {
      this.hasNews = false;
      return Promise.resolve();
    }
    const next = Math.min(...[...this.charges.values()].filter((charge) => !this.mustWait(charge)).map(nextLook)) - performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), Math.max(1, Math.min(LOOK_EVERY_MS, next)));
      this.wake = () => {
        clearTimeout(timer);
        this.hasNews = false;
        this.wake = () => undefined;
        resolve();
      };
    });
  }
}
