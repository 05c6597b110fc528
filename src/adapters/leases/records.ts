import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Order } from '../../domain/order.ts';
import { ProcessIdentity } from '../../domain/process.ts';
import { fileOf, renewalOf, type LeaseFile } from './names.ts';

const Target = z.looseObject({
  kind: z.string(),
  id: z.string(),
  site: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  identity: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** An order as far as its undo needs it; what else it says is kept. */
const OrderOnDisk = z
  .looseObject({
    key: z.string().min(1),
    workflowId: z.string(),
    wave: z.string(),
    iteration: z.int(),
    fault: z.looseObject({ kind: z.string() }),
    target: Target,
    notAfterMs: z.number(),
    leaseMs: z.number().positive(),
  })
  .transform((order) => order as unknown as Order);

/** What must be undone when its lease runs out, and where that can be done. */
export const UndoRecord = z.object({ bootId: z.string().min(1), pidNamespace: z.string(), order: OrderOnDisk, armedMs: z.number() });
export type UndoRecord = z.infer<typeof UndoRecord>;

/** The reaper that has taken charge, which counts while exactly that process lives, and when the first one did: then the lease began. */
export const Acknowledgement = z.object({ reaper: ProcessIdentity, sinceMs: z.number() });
export const Renewal = z.object({ atMs: z.number() });
export const Stuck = z.object({ reason: z.string(), tries: z.int(), atMs: z.number() });
export const Over = z.object({ key: z.string(), evidence: z.string(), atMs: z.number() });

/** @returns the files of a folder; none when there is no folder */
export const filesIn = (dir: string): Promise<string[]> =>
  readdir(dir)
    .catch(absent)
    .then((files) => files ?? []);

/**
 * Reads a file of the leases.
 * @returns undefined when it is not there
 * @throws Error naming the file when it is something else
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(absent);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new Error(`${path} is damaged: ${what}`, { cause: error });
  }
}

export const removeFile = (dir: string, leaseName: string, kind: LeaseFile): Promise<void> =>
  rm(join(dir, fileOf(leaseName, kind)), { force: true });

/** When the leases of a place were last renewed, epoch milliseconds; 0 when never. A damaged renewal is none. */
export const renewedMs = (dir: string, place: string): Promise<number> =>
  readJson(join(dir, renewalOf(place)), Renewal).then(
    (renewal) => renewal?.atMs ?? 0,
    () => 0,
  );

/** When a lease that began then runs out by the wall clock, epoch milliseconds. */
export const untilMs = ({ order }: UndoRecord, sinceMs: number, renewed: number): number => Math.max(sinceMs, renewed) + order.leaseMs;

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
