import type { SignedCheckpoint } from '../../domain/audit/checkpoint.ts';
import type { AuditHead, AuditLog } from './port.ts';
import { appendCheckpoint } from './checkpoint-file.ts';
import { postCheckpoint } from './checkpoint-post.ts';
import { AuditError } from './error.ts';
import { readSigningKey } from './keys.ts';
import { signCheckpoint } from './sign.ts';

/** Where checkpoints go, and what signs them. */
export interface AuditSettings {
  /** File with the private key. */
  keyFile?: string;
  /** File of JSON lines, outside of the database. */
  checkpointFile?: string;
  /** Address that takes JSON. May hold a token: never in a message. */
  url?: string;
}

/** A place outside of the database that keeps checkpoints. Rejects when it did not. */
export type CheckpointStore = (checkpoint: SignedCheckpoint) => Promise<void>;

/** The places that the settings name. */
export const checkpointStores = ({ checkpointFile, url }: AuditSettings): CheckpointStore[] => [
  ...(checkpointFile === undefined ? [] : [(checkpoint: SignedCheckpoint) => appendCheckpoint(checkpointFile, checkpoint)]),
  ...(url === undefined ? [] : [(checkpoint: SignedCheckpoint) => postCheckpoint(url, checkpoint)]),
];

/**
 * Signs the end of the chain and hands it to every place; one that fails keeps no other from having it.
 * @param after the head that was published last: nothing is published when the chain has not grown since
 * @returns undefined when there is nothing new to state
 * @throws AuditError when the key cannot be read, or the chain ends before what was published; PublishError when a place did not take it
 */
export async function publishCheckpoint(
  records: Pick<AuditLog, 'auditHead'>,
  keyFile: string,
  stores: readonly CheckpointStore[],
  { after, nowMs = Date.now() }: { after?: AuditHead | undefined; nowMs?: number } = {},
): Promise<SignedCheckpoint | undefined> {
  const head = await records.auditHead();
  if (after) mustHaveGrown(after, head);
  if (!head || head.sequence === after?.sequence) return undefined;
  const checkpoint = signCheckpoint(head, await readSigningKey(keyFile), nowMs);
  const outcomes = await Promise.allSettled(stores.map((store) => store(checkpoint)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return checkpoint;
}

/** Whoever looks every minute is the first to see that an end is gone. */
function mustHaveGrown(after: AuditHead, head: AuditHead | undefined): void {
  if (head && (head.sequence > after.sequence || (head.sequence === after.sequence && head.hash === after.hash))) return;
  const end = ({ sequence, hash }: AuditHead): string => `entry ${sequence} (${hash.slice(0, 16)}…)`;
  throw new AuditError(
    `the audit log ended with ${end(after)} when a checkpoint was published, and now ${head ? `ends with ${end(head)}` : 'is empty'}: somebody has tampered with it, \`breakwater audit verify\` tells how`,
  );
}
