import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../../../src/adapters/process/journal.ts';
import type { Reversal } from '../../../src/domain/order.ts';
import type { Deed, JournalEntry, JournalRecord } from '../../../src/faults/ports.ts';
import { never, containing } from './harness/children.ts';

const dir = mkdtempSync(join(tmpdir(), 'breakwater-journal-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let keys = 0;
const entry = (change: Partial<JournalEntry> = {}): JournalEntry => ({
  key: `key ../../${keys++}`,
  faultKind: 'process-kill',
  targetId: 'process:b:1:2',
  detail: 'SIGKILL',
  before: 'running',
  place: { workflowId: 'run', wave: 'wave', iteration: 0 },
  epoch: 1,
  victimsPlanned: 1_000,
  notAfterMs: 1,
  atMs: 1,
  ...change,
});
const done: Deed = { outcome: 'injected', atMs: 7 };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('an order acts once, whoever asks and however often', async () => {
  const act = jest.fn(async () => (await sleep(30), done));
  const order = entry();
  const journals = [1, 2, 3, 4].map(() => openJournal(dir));
  const answers = await Promise.all([...journals, ...journals].map((journal) => journal.once(order, act, never)));
  expect(act).toHaveBeenCalledTimes(1);
  expect(answers).toEqual(Array(8).fill(done));
});

test('the intent is on disk before the deed, and the next attempt is told of it when the first one threw', async () => {
  const journal = openJournal(dir);
  const order = entry();
  await expect(
    journal.once(
      order,
      async () => {
        expect((await journal.read(order.key)).intent).toEqual(order);
        throw new Error('cut off');
      },
      never,
    ),
  ).rejects.toThrow('cut off');
  const act = jest.fn(() => Promise.resolve(done));
  await journal.once({ ...order, before: 'ended', atMs: 2 }, act, never);
  expect(act).toHaveBeenCalledWith(order);
});

test('an undo closes the key: the order that comes late does nothing, and a second undo neither', async () => {
  const journal = openJournal(dir);
  const order = entry();
  const undo = jest.fn(() => Promise.resolve({ undone: true, evidence: 'nothing to undo' }));
  await journal.undo(order, undo, never);
  await journal.undo(order, undo, never);
  expect(undo).toHaveBeenCalledTimes(1);
  const act = jest.fn(() => Promise.resolve(done));
  expect(await journal.once(order, act, never)).toMatchObject({ outcome: 'skipped', reason: containing('too late') });
  expect(act).not.toHaveBeenCalled();
});

test('an undo that failed is tried again', async () => {
  const journal = openJournal(dir);
  const order = entry();
  await journal.undo(order, () => Promise.resolve({ undone: false, evidence: 'stuck' }), never);
  expect(await journal.undo(order, () => Promise.resolve({ undone: true, evidence: 'free' }), never)).toEqual({
    undone: true,
    evidence: 'free',
  });
});

test('an undo that failed for good is remembered and told to the next one, and closes the key; one that succeeds afterwards counts', async () => {
  const order = entry();
  await openJournal(dir).once(order, () => Promise.resolve(done), never);
  const final: Reversal = { undone: false, evidence: 'theirs', isFinal: true };
  expect(await openJournal(dir).undo(order, () => Promise.resolve(final), never)).toEqual(final);
  const again = jest.fn((_record: JournalRecord): Promise<Reversal> => Promise.resolve({ ...final, evidence: 'still theirs' }));
  await openJournal(dir).undo(order, again, never);
  expect(again.mock.calls[0]?.[0].reversal).toEqual(final);
  const late = entry();
  await openJournal(dir).undo(late, () => Promise.resolve(final), never);
  const act = jest.fn(() => Promise.resolve(done));
  expect(await openJournal(dir).once(late, act, never)).toMatchObject({ outcome: 'skipped', reason: containing('given up (theirs)') });
  expect(act).not.toHaveBeenCalled();
  const free = { undone: true, evidence: 'free' };
  expect(await openJournal(dir).undo(order, () => Promise.resolve(free), never)).toEqual(free);
  expect((await openJournal(dir).read(order.key)).reversal).toEqual(free);
});

const folderOf = ({ key }: JournalEntry) => join(dir, createHash('sha256').update(key).digest('hex'));

test('one attempt at a time, however many ask: undos of one order never overlap', async () => {
  const order = entry();
  let [atWork, most, times] = [0, 0, 0];
  const undo = async () => {
    most = Math.max(most, ++atWork);
    times++;
    await sleep(2);
    atWork--;
    return { undone: false, evidence: 'stuck' };
  };
  await Promise.all(Array.from({ length: 20 }, () => openJournal(dir).undo(order, undo, new AbortController().signal)));
  expect({ most, times }).toEqual({ most: 1, times: 20 });
});

test('nothing is left of a claim when its attempt has ended', async () => {
  const order = entry();
  await openJournal(dir).once(order, () => Promise.resolve(done), never);
  await openJournal(dir).undo(order, () => Promise.resolve({ undone: true, evidence: 'done' }), never);
  expect(readdirSync(folderOf(order)).sort()).toEqual(['deed.json', 'intent.json', 'reversal.json']);
});

test.each(['', '\0\0\0'])('a deed and a claim that a power loss tore (%j) count as lost, and the intent is told', async (torn) => {
  const journal = openJournal(dir);
  const order = entry();
  await journal.once(order, () => Promise.resolve(done), never);
  for (const name of ['deed.json', 'claim-1.json']) writeFileSync(join(folderOf(order), name), torn);
  const act = jest.fn(() => Promise.resolve({ ...done, atMs: 8 }));
  expect(await journal.once(order, act, never)).toEqual({ ...done, atMs: 8 });
  expect(act).toHaveBeenCalledWith(order);
});

test('a file that holds something else is an error, not a loss', async () => {
  const journal = openJournal(dir);
  const order = entry();
  await journal.once(order, () => Promise.resolve(done), never);
  writeFileSync(join(folderOf(order), 'deed.json'), '{"outcome":"inj');
  await expect(journal.once(order, () => Promise.resolve(done), never)).rejects.toThrow(/JSON/);
});

test('one key is one order: another victim under it is refused', async () => {
  const journal = openJournal(dir);
  const order = entry();
  await journal.once(order, () => Promise.resolve(done), never);
  await expect(journal.once({ ...order, targetId: 'process:b:9:9' }, () => Promise.resolve(done), never)).rejects.toThrow(
    /is recorded for process-kill/,
  );
});

test('keys never leave the folder, and an abort is heard while waiting', async () => {
  expect(readdirSync(dir).every((name) => /^([0-9a-f]{64}|runs|places)$/.test(name))).toBe(true);
  const journal = openJournal(dir);
  const order = entry();
  const slow = journal.once(order, async () => (await sleep(400), done), never);
  await sleep(50);
  await expect(journal.once(order, () => Promise.resolve(done), AbortSignal.timeout(50))).rejects.toThrow();
  expect(await slow).toEqual(done);
});
