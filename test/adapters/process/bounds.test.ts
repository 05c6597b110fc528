import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { createProcesses, openJournal, pruneJournal } from '../../../src/adapters/process/index.ts';
import type { Order } from '../../../src/domain/order.ts';
import { faults } from '../../../src/faults/index.ts';
import type { Deed, JournalEntry } from '../../../src/faults/ports.ts';
import { containing, endAll, identityOf, never, orderFor, start, targetOf } from './harness/children.ts';
import { elsewhere } from '../../support/no-cluster.ts';

const dirs: string[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'breakwater-bounds-'));
  dirs.push(dir);
  return dir;
};
afterAll(async () => {
  await endAll();
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

const entry = (key: string, change: Partial<JournalEntry> = {}): JournalEntry => ({
  key,
  faultKind: 'process-kill',
  targetId: `process:b:${key}:2`,
  detail: 'SIGKILL',
  before: 'running',
  place: { workflowId: 'run', wave: 'wave', iteration: 0 },
  epoch: 1,
  victimsPlanned: 2,
  notAfterMs: Date.now() + 60_000,
  atMs: 1,
  ...change,
});
const done: Deed = { outcome: 'injected', atMs: 7 };
const act = () => Promise.resolve(done);

test('one victim too many is refused for ever, whoever gives the order; a repeat is none', async () => {
  const dir = freshDir();
  expect(await openJournal(dir).once(entry('a'), act, never)).toEqual(done);
  expect(await openJournal(dir).once(entry('b'), act, never)).toEqual(done);
  const never2 = jest.fn(act);
  for (const journal of [openJournal(dir), openJournal(dir)])
    expect(await journal.once(entry('c'), never2, never)).toMatchObject({ outcome: 'skipped', reason: containing('one too many') });
  expect(never2).not.toHaveBeenCalled();
  expect(await openJournal(dir).once(entry('a'), act, never)).toEqual(done);
  const elsewhere = { place: { workflowId: 'run', wave: 'wave', iteration: 1 } };
  expect(await openJournal(dir).once(entry('d', elsewhere), act, never)).toEqual(done);
});

test('of many orders at the same instant, exactly as many act as victims were planned', async () => {
  for (let round = 0; round < 5; round++) {
    const dir = freshDir();
    const acting = jest.fn(act);
    const orders = Array.from({ length: 24 }, (_, n) => entry(`order ${n}`, { victimsPlanned: 5 }));
    const deeds = await Promise.all(orders.map((order) => openJournal(dir).once(order, acting, never)));
    expect(acting).toHaveBeenCalledTimes(5);
    expect(deeds.filter(({ outcome }) => outcome === 'injected')).toHaveLength(5);
  }
}, 60_000);

test('an attempt that was cut off keeps its seat, and takes no second one', async () => {
  const journal = openJournal(freshDir());
  for (let n = 0; n < 3; n++)
    await expect(journal.once(entry('a'), () => Promise.reject(new Error('cut off')), never)).rejects.toThrow('cut off');
  expect(await journal.once(entry('b'), act, never)).toEqual(done);
  expect(await journal.once(entry('a'), act, never)).toEqual(done);
});

test('an order of an epoch that is over is refused; another run has epochs of its own', async () => {
  const journal = openJournal(freshDir());
  expect(await journal.once(entry('a', { epoch: 7 }), act, never)).toEqual(done);
  expect(await journal.once(entry('b', { epoch: 6 }), act, never)).toMatchObject({ outcome: 'skipped', reason: containing('it is stale') });
  expect(await journal.once(entry('c', { epoch: 7 }), act, never)).toEqual(done);
  const another = { place: { workflowId: 'another', wave: 'wave', iteration: 0 }, epoch: 1 };
  expect(await journal.once(entry('d', another), act, never)).toEqual(done);
});

test('a stale order whose earlier attempt may have acted is not called skipped: its undo is owed', async () => {
  const journal = openJournal(freshDir());
  await expect(journal.once(entry('a'), () => Promise.reject(new Error('cut off')), never)).rejects.toThrow('cut off');
  await journal.once(entry('b', { epoch: 2 }), act, never);
  const again = jest.fn(act);
  await expect(journal.once(entry('a'), again, never)).rejects.toThrow(/stale.* may have acted/);
  expect(again).not.toHaveBeenCalled();
  expect((await journal.read('a')).deed).toBeUndefined();
});

test.each([{ epoch: undefined }, { epoch: -1 }, { victimsPlanned: undefined }, { victimsPlanned: NaN }])(
  '%j is refused',
  async (change) => {
    const order = entry('a', change as unknown as Partial<JournalEntry>);
    expect(await openJournal(freshDir()).once(order, act, never)).toMatchObject({ outcome: 'skipped', reason: containing('does not say') });
  },
);

/** One order as it comes in, from one of three workers. */
const incoming = fc.record({
  victim: fc.nat({ max: 4 }),
  epoch: fc.integer({ min: 1, max: 3 }),
  isLate: fc.boolean(),
  worker: fc.nat({ max: 2 }),
});
type Incoming = { victim: number; epoch: number; isLate: boolean; worker: number };
/** Rounds of orders: those of a round come at the same instant, the rounds one after the other. */
const rounds = fc.array(fc.array(incoming, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });

test('no interleaving of late, repeated, stale and surplus orders exceeds the cap', async () => {
  const children = await Promise.all(Array.from({ length: 5 }, () => start(['sleep', '1000'])));
  const identities = children.map(({ pid }) => identityOf(pid));
  const processes = createProcesses();
  const seen = { hits: 0, surplus: 0, stale: 0, late: 0 };

  const play = async (cap: number, all: Incoming[][]) => {
    const dir = freshDir();
    const workers = [0, 1, 2].map(() => openJournal(dir));
    const hits: { pid: number; epoch: number }[] = []; // as the kernel took them
    const carryOut = async ({ victim, epoch, isLate, worker }: Incoming) => {
      const counting: typeof processes = {
        ...processes,
        signal: async (...request) => {
          const outcome = await processes.signal(...request);
          if (outcome.kind === 'delivered') hits.push({ pid: request[0].pid, epoch });
          return outcome;
        },
      };
      const change = { key: `run/wave/0/${victim}`, epoch, victimsPlanned: cap, notAfterMs: Date.now() + (isLate ? -1 : 60_000) };
      const order: Order = orderFor(targetOf(identities[victim]!), { kind: 'process-kill', signal: 'SIGURG' }, change); // nobody notices it
      const ports = {
        processes: counting,
        journal: workers[worker]!,
        commands: { run: () => Promise.reject(new Error('none')) },
        ...elsewhere,
      };
      return (await faults['process-kill'].bind(order.fault, ports).inject(order, never)).reason ?? '';
    };
    for (const round of all) {
      const newest = Math.max(0, ...hits.map(({ epoch }) => epoch));
      const before = hits.length;
      const reasons = await Promise.all(round.map(carryOut));
      for (const { epoch } of hits.slice(before)) expect(epoch).toBeGreaterThanOrEqual(newest);
      for (const { pid } of hits.slice(before))
        expect(round.some(({ victim, isLate }) => identities[victim]!.pid === pid && !isLate)).toBe(true);
      seen.surplus += reasons.filter((reason) => reason.includes('one too many')).length;
      seen.stale += reasons.filter((reason) => reason.includes('stale')).length;
      seen.late += reasons.filter((reason) => reason.includes('expired')).length;
    }
    expect(hits.length).toBeLessThanOrEqual(cap);
    expect(new Set(hits.map(({ pid }) => pid)).size).toBe(hits.length);
    seen.hits += hits.length;
  };
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 3 }), rounds, play), { numRuns: 40, endOnFailure: true });
  for (const [what, times] of Object.entries(seen)) expect([what, times > 0]).toEqual([what, true]); // each of them really happened
}, 120_000);

describe('what is old', () => {
  const age = (folder: string, days: number) => utimesSync(folder, new Date(), new Date(Date.now() - days * 86_400_000));
  const day = 86_400_000;
  const isReversible = (kind: string) => kind !== 'process-kill';

  test('is forgotten when it is closed, with the bounds of its run; what may have to be undone stays', async () => {
    const dir = freshDir();
    const journal = openJournal(dir);
    const pause = { faultKind: 'process-pause', victimsPlanned: 9 };
    await journal.once(entry('killed', { victimsPlanned: 9 }), act, never);
    await journal.once(entry('open', pause), act, never);
    await journal.once(entry('undone', pause), act, never);
    await journal.undo(entry('undone', pause), () => Promise.resolve({ undone: true, evidence: 'runs' }), never);
    await journal.once(entry('given up', pause), act, never);
    await journal.undo(entry('given up', pause), () => Promise.resolve({ undone: false, evidence: 'theirs', isFinal: true }), never);
    await expect(journal.once(entry('cut off', pause), () => Promise.reject(new Error('cut off')), never)).rejects.toThrow();
    expect(await pruneJournal(dir, 30 * day, isReversible)).toEqual({ removed: 0, problems: [] });
    const all = readdirSync(dir).filter((name) => name.length === 64);
    for (const name of all) age(join(dir, name), 31);
    for (const kind of ['runs', 'places']) for (const name of readdirSync(join(dir, kind))) age(join(dir, kind, name), 31);
    expect(await pruneJournal(dir, 30 * day, isReversible)).toEqual({ removed: 4, problems: [] });
    expect(readdirSync(dir).filter((name) => name.length === 64)).toHaveLength(3);
    expect((await journal.read('given up')).reversal).toMatchObject({ isFinal: true });
    expect((await journal.read('open')).deed).toEqual(done);
    expect((await journal.read('cut off')).intent).toBeDefined();
    expect((await journal.read('killed')).deed).toBeUndefined();
    expect([...readdirSync(join(dir, 'runs')), ...readdirSync(join(dir, 'places'))]).toEqual([]);
  });
});
