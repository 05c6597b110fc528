import canonicalize from 'canonicalize';
import * as z from 'zod';

const Hex = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

/** What a checkpoint states: at this time the chain ended like this. */
export const CheckpointStatement = z.strictObject({
  type: z.literal('breakwater-audit-checkpoint/v1'),
  sequence: z.int().positive(),
  hash: Hex,
  atMs: z.int(),
  /** SHA-256 of the public key (DER), in hex. */
  keyId: Hex,
});
export type CheckpointStatement = z.infer<typeof CheckpointStatement>;

/** A statement and its Ed25519 signature, base64, over the statement's canonical JSON (RFC 8785). */
export const SignedCheckpoint = CheckpointStatement.extend({ signature: z.base64() });
export type SignedCheckpoint = z.infer<typeof SignedCheckpoint>;

/** The text that is signed. */
export function statementText({ type, sequence, hash, atMs, keyId }: CheckpointStatement): string {
  const text = canonicalize({ type, sequence, hash, atMs, keyId });
  if (text === undefined) throw new TypeError('a statement is JSON');
  return text;
}
