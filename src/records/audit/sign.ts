import { sign, verify, type KeyObject } from 'node:crypto';
import type { AuditHead } from '../../domain/audit/entry.ts';
import { statementText, type SignedCheckpoint } from '../../domain/audit/checkpoint.ts';
import { keyIdOf, type SigningKey } from './keys.ts';

/** States that the chain ends like this now. @param atMs now, epoch milliseconds */
export function signCheckpoint({ sequence, hash }: AuditHead, { privateKey, keyId }: SigningKey, atMs: number): SignedCheckpoint {
  const statement = { type: 'breakwater-audit-checkpoint/v1' as const, sequence, hash, atMs, keyId };
  return { ...statement, signature: sign(null, Buffer.from(statementText(statement)), privateKey).toString('base64') };
}

/** Whether one of these keys has signed it. */
export const isSigned = ({ signature, ...statement }: SignedCheckpoint, publicKeys: readonly KeyObject[]): boolean =>
  publicKeys.some(
    (key) => keyIdOf(key) === statement.keyId && verify(null, Buffer.from(statementText(statement)), key, Buffer.from(signature, 'base64')),
  );
