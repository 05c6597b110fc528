import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Slot } from './slot.ts';

const Entry = z.strictObject({
  name: z.string(),
  pid: z.int().positive(),
  labels: z.record(z.string(), z.string()),
  startTime: z.string(),
  bootId: z.string(),
});

/** A living worker as the registry tells of it: what Breakwater's selector reads (name, pid, labels), and what pins the process. */
export type RegistryEntry = z.infer<typeof Entry>;

/** Writes the workers that live now to a file; nobody ever reads half of it. Writes follow upon each other, and the last state wins. */
export function registryWriter(path: string | undefined, slots: () => readonly Slot[]): () => void {
  let writing = false;
  let isStale = false;
  const write = async (file: string) => {
    const entries: RegistryEntry[] = slots().flatMap((slot) => {
      const identity = slot.process();
      return identity ? [{ name: slot.place.name, labels: slot.place.labels, ...identity }] : [];
    });
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, `${JSON.stringify(entries, null, 2)}\n`);
    await rename(`${file}.new`, file);
  };
  return function changed(): void {
    if (path === undefined) return;
    isStale = true;
    if (writing) return;
    writing = true;
    void (async () => {
      while (isStale) {
        isStale = false;
        await write(path).catch((error: unknown) => console.error(`registry ${path} not written: ${(error as Error).message}`));
      }
      writing = false;
    })();
  };
}

/** @returns the entries, none when the file is not there. @throws Error when it is something else */
export async function readRegistryFile(path: string): Promise<RegistryEntry[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return z.array(Entry).parse(JSON.parse(text));
}
