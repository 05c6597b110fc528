import type { KeyObject } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { SignedCheckpoint } from '../../domain/audit/checkpoint.ts';
import { AuditError, PublishError } from './error.ts';
import { isSigned } from './sign.ts';

const unwritten = (cause: Error): never => {
  throw new PublishError(`the checkpoint cannot be written: ${cause.message}`);
};

/**
 * Appends a checkpoint to a file of JSON lines, and returns once it is on disk. One line is one write, so several processes may share the file; it
 * begins a line of its own also where an earlier write was cut off.
 * @throws PublishError when it is not there as a whole
 */
export async function appendCheckpoint(file: string, checkpoint: SignedCheckpoint): Promise<void> {
  const handle = await open(file, 'a', 0o644).catch(unwritten);
  try {
    const line = Buffer.from(`\n${JSON.stringify(checkpoint)}\n`);
    const { bytesWritten } = await handle.write(line).catch(unwritten);
    if (bytesWritten < line.length)
      throw new PublishError(`the checkpoint was cut off: ${bytesWritten} of ${line.length} bytes were written; is the disk full?`);
    await handle.sync().catch(unwritten);
  } finally {
    await handle.close();
  }
}

/** @returns why it is none, as a text */
function parseLine(row: string): SignedCheckpoint | string {
  let json: unknown;
  try {
    json = JSON.parse(row);
  } catch {
    return 'not JSON; a checkpoint is a line as `breakwater audit checkpoint` writes it';
  }
  const { success, data, error } = SignedCheckpoint.safeParse(json);
  return success ? data : `no checkpoint: ${error.issues[0]?.message ?? 'unknown'}`;
}

/** A line of a file of checkpoints. */
export interface KeptCheckpoint {
  line: number;
  checkpoint: SignedCheckpoint;
  /** One that nobody signed proves nothing, and somebody put it there. */
  isSigned: boolean;
}

/** What a file of checkpoints holds. */
export interface KeptCheckpoints {
  checkpoints: KeptCheckpoint[];
  /** Lines that are none: cut off while they were written, or tampered with. */
  unreadable: { line: number; why: string }[];
}

/** Reads a file of checkpoints. @throws AuditError when it cannot be read, or is none: when it has lines, and no checkpoint among them */
export async function readCheckpoints(file: string, publicKeys: readonly KeyObject[]): Promise<KeptCheckpoints> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new AuditError(`the checkpoints cannot be read: ${cause.message}`);
  });
  const kept: KeptCheckpoints = { checkpoints: [], unreadable: [] };
  for (const [i, row] of text.split('\n').entries()) {
    if (row.trim() === '') continue;
    const checkpoint = parseLine(row);
    if (typeof checkpoint === 'string') kept.unreadable.push({ line: i + 1, why: checkpoint });
    else kept.checkpoints.push({ line: i + 1, checkpoint, isSigned: isSigned(checkpoint, publicKeys) });
  }
  const [first] = kept.unreadable;
  if (first && kept.checkpoints.length === 0) throw new AuditError(`${file}:${first.line}: ${first.why}`);
  return kept;
}
