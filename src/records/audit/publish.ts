import type { SignedCheckpoint } from '../../domain/audit/checkpoint.ts';
import type { AuditLog } from './port.ts';
import { appendCheckpoint } from './checkpoint-file.ts';
import { postCheckpoint } from './checkpoint-post.ts';
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
 * @param after nothing is published when the chain has not grown since
 * @returns undefined when there is nothing new to state
 * @throws AuditError when the key cannot be read; PublishError when a place did not take it
 */
export async function publishCheckpoint(
  records: Pick<AuditLog, 'auditHead'>,
  keyFile: string,
  stores: readonly CheckpointStore[],
  { after = 0, nowMs = Date.now() } = {},
): Promise<SignedCheckpoint | undefined> {
  const head = await records.auditHead();
  if (!head || head.sequence <= after) return undefined;
  const checkpoint = signCheckpoint(head, await readSigningKey(keyFile), nowMs);
  const outcomes = await Promise.allSettled(stores.map((store) => store(checkpoint)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return checkpoint;
}
