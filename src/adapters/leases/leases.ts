import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rm } from 'node:fs/promises';
import type { Order, OrderPlace } from '../../domain/order.ts';
import type { Lease, LeasePort } from '../../faults/ports.ts';
import { makeDurably } from '../process/bounds.ts';
import { writeDurably, writeWhole } from '../process/write-file.ts';
import { sourceFor } from '../process/platform.ts';
import type { ProcessSource } from '../process/source.ts';
import { fileOf, keyOf, leaseNameOf, LEASES, namesWith, placeOf, placeOfName, renewalOf } from './names.ts';
import { isAlive, livingReaper, reaperFolder, reaperStarter, type ReaperProgram } from './reaper-process.ts';
import { Acknowledgement, filesIn, Over, readJson, renewedMs, Stuck, UndoRecord, untilMs } from './records.ts';

/** How long a reaper may take to come up and take charge, milliseconds; an order lives for 15 s. */
const REAPER_WITHIN_MS = 10_000;
/** How often an acknowledgement is looked for: at first, and when it takes long, milliseconds. */
const LOOK_EVERY_MS = [2, 25] as const;

/** The leases of this machine in a state folder. Every worker of the machine uses the same, on a local disk. */
export function openLeases(
  stateDir: string,
  program: ReaperProgram,
  source: ProcessSource = sourceFor(process.platform),
): LeasePort & { ensureReaper(signal: AbortSignal): Promise<void> } {
  const dir = join(stateDir, LEASES);
  const reapers = reaperFolder(stateDir, source);
  const startReaper = reaperStarter(stateDir, source, program);
  const path = (name: string, kind: Parameters<typeof fileOf>[1]) => join(dir, fileOf(name, kind));

  /** @throws Error with the reason when it has not come true in time; starts reapers meanwhile */
  async function withReaper(isSo: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
    const beganMs = performance.now();
    for (;;) {
      if (await isSo()) return;
      const failure = startReaper();
      const waitedMs = performance.now() - beganMs;
      if (failure !== undefined || waitedMs > REAPER_WITHIN_MS)
        throw new Error(failure ?? `no reaper took charge within ${REAPER_WITHIN_MS / 1_000} s: see ${join(reapers, 'reaper.log')}`);
      await sleep(LOOK_EVERY_MS[waitedMs < 200 ? 0 : 1], undefined, { signal });
    }
  }

  const ensureReaper = (signal: AbortSignal): Promise<void> => withReaper(() => livingReaper(reapers, source) !== undefined, signal);

  async function isTaken(name: string): Promise<boolean> {
    const ack = await readJson(path(name, 'ack'), Acknowledgement);
    return ack !== undefined && isAlive(ack.reaper, source);
  }

  const isOver = async (name: string): Promise<boolean> => (await readJson(path(name, 'over'), Over)) !== undefined;

  const renewPlace = (place: string): Promise<void> => writeWhole(join(dir, renewalOf(place)), { atMs: Date.now() }, 'replace');

  async function arm(order: Order, signal: AbortSignal): Promise<void> {
    const name = leaseNameOf(order);
    await makeDurably(dir);
    if (await isOver(name)) return; // undone already: the journal refuses the order
    const undo = { bootId: source.bootId(), pidNamespace: source.pidNamespace(), order, armedMs: Date.now() };
    UndoRecord.parse(undo); // what the reaper could not read must not be injected
    const record = path(name, 'lease');
    await writeDurably(record, undo, 'create').catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      await renewPlace(placeOf(order)); // an attempt before this one has armed it
    });
    await withReaper(async () => (await isTaken(name)) || (await isOver(name)), signal);
  }

  async function ranOut(place: OrderPlace): Promise<string[]> {
    const mine = placeOf(place);
    const files = await filesIn(dir);
    const over = await Promise.all(
      namesWith(files, 'over')
        .filter((name) => placeOfName(name) === mine)
        .map((name) => readJson(path(name, 'over'), Over)),
    );
    const renewed = await renewedMs(dir, mine);
    const held = await Promise.all(
      namesWith(files, 'lease')
        .filter((name) => placeOfName(name) === mine)
        .map((name) => leaseOf(name, renewed)),
    );
    const late = held.filter((lease) => lease !== undefined && lease.untilMs < Date.now());
    return [...new Set([...over.map((one) => one?.key), ...late.map((lease) => lease?.order.key)])].filter((key) => key !== undefined);
  }

  async function renew(place: OrderPlace): Promise<string[]> {
    const gone = await ranOut(place);
    const mine = placeOf(place);
    const isHeld = namesWith(await filesIn(dir), 'lease').some((name) => placeOfName(name) === mine);
    if (gone.length > 0 || !isHeld) return gone;
    await renewPlace(mine);
    await ensureReaper(AbortSignal.timeout(REAPER_WITHIN_MS + 1_000));
    return ranOut(place);
  }

  async function release(key: string): Promise<void> {
    const end = `-${keyOf(key)}`;
    const files = await filesIn(dir);
    const mine = files.filter((file) => file.split('.')[0]?.endsWith(end));
    // the record first: what is left of the rest means nothing without it
    const inOrder = [...mine].sort((a, b) => Number(b.endsWith('.lease.json')) - Number(a.endsWith('.lease.json')));
    for (const file of inOrder) await rm(join(dir, file), { force: true });
    for (const place of new Set(mine.map(placeOfName))) {
      const others = files.filter((file) => !mine.includes(file) && file.startsWith(`${place}-`));
      if (others.length === 0) await rm(join(dir, renewalOf(place)), { force: true });
    }
  }

  /** As it is on disk. Until a reaper has taken charge its time has not begun. */
  async function leaseOf(name: string, renewed?: number): Promise<Lease | undefined> {
    const undo = await readJson(path(name, 'lease'), UndoRecord);
    if (!undo) return undefined;
    const { order, armedMs } = undo;
    const stuck = await readJson(path(name, 'stuck'), Stuck).catch(() => undefined);
    const ack = await readJson(path(name, 'ack'), Acknowledgement).catch(() => undefined);
    const until = untilMs(undo, ack?.sinceMs ?? Date.now(), renewed ?? (await renewedMs(dir, placeOfName(name))));
    return { order, armedMs, untilMs: until, ...(stuck && { stuck: `${stuck.reason} (tried ${stuck.tries} times)` }) };
  }

  return {
    prepare: () => void startReaper(),
    arm,
    renew,
    ranOut,
    release,
    ensureReaper,
    async list(place) {
      const mine = place && placeOf(place);
      const names = namesWith(await filesIn(dir), 'lease').filter((name) => mine === undefined || placeOfName(name) === mine);
      const leases = await Promise.all(names.map((name) => leaseOf(name).catch(() => undefined)));
      return leases.filter((lease) => lease !== undefined);
    },
    async unreadable() {
      const problems = await Promise.all(
        namesWith(await filesIn(dir), 'lease').map((name) =>
          leaseOf(name).then(
            () => [],
            (error: Error) => [error.message],
          ),
        ),
      );
      return problems.flat();
    },
  };
}
