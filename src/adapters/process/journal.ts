import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { Deed, JournalEntry, JournalIntent, JournalPort, JournalRecord } from '../../faults/ports.ts';
import { makeDurably, refusalOf, staleness } from './bounds.ts';
import { withClaim } from './claims.ts';
import { sourceFor } from './platform.ts';
import type { ProcessSource } from './source.ts';
import { flushFolders, isTornByPowerLoss, writeDurably, writeWhole } from './write-file.ts';

/** How long a second attempt waits for the first to finish before it asks for a retry, milliseconds. */
const PATIENCE_MS = 5_000;

const Intent = z.strictObject({
  key: z.string(),
  faultKind: z.string(),
  targetId: z.string(),
  detail: z.string(),
  before: z.string(),
  notAfterMs: z.number(),
  atMs: z.number(),
  place: z.strictObject({ workflowId: z.string(), wave: z.string(), iteration: z.number() }).exactOptional(),
  epoch: z.number().exactOptional(),
  victimsPlanned: z.number().exactOptional(),
});
const DeedRecord = z.strictObject({ outcome: z.enum(['injected', 'skipped']), reason: z.string().exactOptional(), atMs: z.number() });
const ReversalRecord = z.strictObject({ undone: z.boolean(), evidence: z.string(), isFinal: z.literal(true).exactOptional() });

/**
 * The journal of orders in a folder of this machine: one sub-folder per key, with `intent`, `deed` and `reversal`, each written whole.
 * Every worker of the machine must use the same folder, on a local disk that survives restarts.
 * Flushed to disk are the intent, before the deed, and the reversal, which closes the key. The deed is not: kill -9 loses nothing that was
 * written, and a power loss that takes it leaves what a crash between deed and record leaves, an intent, from which every fault goes on.
 * @param patienceMs how long a second attempt waits for the first
 */
export function openJournal(
  dir: string,
  source: ProcessSource = sourceFor(process.platform),
  patienceMs: number = PATIENCE_MS,
): JournalPort {
  const folderOf = (key: string) => join(dir, createHash('sha256').update(key).digest('hex'));
  return {
    read: (key) => readRecord(folderOf(key)),
    async once(entry, act, signal) {
      const folder = await makeFolder(folderOf(entry.key));
      return withClaim(folder, source, patienceMs, signal, async () => {
        const record = sameOrder(await readRecord(folder), entry);
        if (record.deed) return record.deed;
        const deed = record.reversal ? alreadyClosed(record) : await begin(dir, folder, entry, record, act);
        await writeWhole(join(folder, 'deed.json'), deed, 'replace');
        return deed;
      });
    },
    async undo(entry, act, signal) {
      const folder = await makeFolder(folderOf(entry.key));
      return withClaim(folder, source, patienceMs, signal, async () => {
        const record = sameOrder(await readRecord(folder), entry);
        if (record.reversal?.undone) return record.reversal;
        const reversal = await act(record);
        // a deed that is on record proves that the folder's own name was flushed
        if (reversal.undone || (reversal.isFinal && !record.reversal))
          await writeDurably(join(folder, 'reversal.json'), reversal, 'replace', ...(record.deed ? [] : [dir]));
        return reversal;
      });
    },
  };
}

/**
 * The intent is on disk before `act` runs, so a crash in between is seen by the next attempt; one that was cut off may have left it unflushed.
 * The epoch is looked at again at the last moment.
 */
async function begin(
  dir: string,
  folder: string,
  entry: JournalEntry,
  { intent }: JournalRecord,
  act: (earlier: JournalIntent | undefined) => Promise<Deed>,
): Promise<Deed> {
  const unflushed = new Set([folder, dir]);
  const refusal = await refusalOf(dir, entry, unflushed);
  if (refusal !== undefined || intent) await flushFolders(...unflushed);
  // "skipped" would say that nobody was touched, and would leave what that attempt did
  if (refusal !== undefined && intent)
    throw new Error(`${refusal}; an earlier attempt may have acted, so this is undone and not tried again`);
  if (refusal !== undefined) return skipped(refusal);
  if (intent) return act(intent);
  await writeDurably(join(folder, 'intent.json'), entry, 'create', ...unflushed);
  const overtaken = await staleness(dir, entry, new Set());
  return overtaken === undefined ? act(undefined) : skipped(overtaken);
}

const skipped = (reason: string): Deed => ({ outcome: 'skipped', reason, atMs: Date.now() });

const alreadyClosed = ({ reversal }: JournalRecord): Deed =>
  skipped(`the order was already ${reversal?.undone ? 'undone' : 'given up'} (${reversal?.evidence ?? ''}): it came too late`);

/** What is on disk of one order. @throws Error when a file of it is something else */
export async function readRecord(folder: string): Promise<JournalRecord> {
  const [intent, deed, reversal] = await Promise.all([
    readFileOf(folder, 'intent.json', Intent),
    readFileOf(folder, 'deed.json', DeedRecord),
    readFileOf(folder, 'reversal.json', ReversalRecord),
  ]);
  return { ...(intent && { intent }), ...(deed && { deed }), ...(reversal && { reversal }) };
}

async function readFileOf<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined || isTornByPowerLoss(text) ? undefined : schema.parse(JSON.parse(text));
}

/** @throws Error when the key was used for another victim or another deed: one key is one order */
function sameOrder(record: JournalRecord, entry: JournalEntry): JournalRecord {
  const earlier = record.intent;
  const isSame = !earlier || (['key', 'faultKind', 'targetId', 'detail'] as const).every((field) => earlier[field] === entry[field]);
  if (isSame) return record;
  throw new Error(
    `order '${entry.key}' is recorded for ${earlier.faultKind} (${earlier.detail}) on ${earlier.targetId}, not ${entry.faultKind} (${entry.detail}) on ${entry.targetId}`,
  );
}

/** Its name is flushed with the first file in it; the journal's own is, once. */
async function makeFolder(folder: string): Promise<string> {
  await makeDurably(dirname(folder));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
