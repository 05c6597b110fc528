import type { KeyObject } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { SignedCheckpoint } from '../../domain/audit/checkpoint.ts';
import { AuditError, PublishError } from './error.ts';
import { isSigned } from './sign.ts';

/** Appends a checkpoint to a file of JSON lines, and returns once it is on disk. One line is one write, so several processes may share the file. */
export async function appendCheckpoint(file: string, checkpoint: SignedCheckpoint): Promise<void> {
  const handle = await open(file, 'a', 0o644).catch((cause: Error) => {
    throw new PublishError(`the checkpoint cannot be written: ${cause.message}`);
  });
  try {
    await handle.write(`${JSON.stringify(checkpoint)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parseLine(line: string, place: string): SignedCheckpoint {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new AuditError(`${place}: not JSON; a checkpoint is a line as \`breakwater audit checkpoint\` writes it`);
  }
  const parsed = SignedCheckpoint.safeParse(json);
  if (!parsed.success) throw new AuditError(`${place}: no checkpoint: ${parsed.error.issues[0]?.message ?? 'unknown'}`);
  return parsed.data;
}

/** A line of a file of checkpoints. */
export interface KeptCheckpoint {
  line: number;
  checkpoint: SignedCheckpoint;
  /** One that nobody signed proves nothing, and somebody put it there. */
  isSigned: boolean;
}

/** Reads a file of checkpoints. @throws AuditError when it cannot be read, naming the line */
export async function readCheckpoints(file: string, publicKeys: readonly KeyObject[]): Promise<KeptCheckpoint[]> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new AuditError(`the checkpoints cannot be read: ${cause.message}`);
  });
  return text.split('\n').flatMap((row, i) => {
    if (row.trim() === '') return [];
    const checkpoint = parseLine(row, `${file}:${i + 1}`);
    return [{ line: i + 1, checkpoint, isSigned: isSigned(checkpoint, publicKeys) }];
  });
}
