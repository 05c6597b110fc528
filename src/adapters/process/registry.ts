import { open } from 'node:fs/promises';
import * as z from 'zod';
import type { Registry } from '../../targets/ports.ts';

/** A supervisor's registry is small; anything bigger is another file. */
const MAX_BYTES = 4 * 1024 ** 2;

const Entries = z
  .array(z.object({ name: z.string().min(1), pid: z.int().positive(), labels: z.record(z.string(), z.string()).default({}) }))
  .refine((entries) => new Set(entries.map(({ pid }) => pid)).size === entries.length, 'two entries have the same pid');

/**
 * Reads a supervisor's registry, `[{ "name", "pid", "labels" }]`.
 * @throws Error naming the file when it is missing, too big or something else
 */
export async function readRegistry(path: string): Promise<Registry> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`registry ${path} cannot be read (${error.code ?? 'unknown error'}): give the file that the supervisor writes`);
  });
  try {
    const { size, mtimeMs } = await file.stat();
    if (size > MAX_BYTES) throw new Error(`registry ${path} has ${size} bytes, expected at most ${MAX_BYTES}`);
    const entries = Entries.safeParse(parseJson(await file.readFile('utf8'), path));
    if (!entries.success) throw new Error(`registry ${path} is not [{ "name", "pid", "labels" }]:\n${z.prettifyError(entries.error)}`);
    return { entries: entries.data, writtenAtMs: mtimeMs };
  } finally {
    await file.close();
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`registry ${path} is not JSON; a supervisor should write another file and rename it over this one`);
  }
}
