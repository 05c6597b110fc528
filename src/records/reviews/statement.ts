import type { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify, decodeProtectedHeader } from 'jose';
import * as z from 'zod';
import type { ReviewStatement } from '../../domain/review.ts';
import { keyIdOf, type SigningKey } from '../audit/keys.ts';

/** A signature for another purpose is none of a review. */
const TYPE = 'breakwater-review+jws';
/** A statement names a path and a few people. */
const MOST_CHARACTERS = 16_384;

const Hex = z.string().regex(/^[0-9a-f]{40,64}$/);
const Name = z.string().min(1).max(500);
const Claims = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  path: z.string().min(1).max(4_096),
  commit: Hex,
  branch: Name,
  kind: z.enum(['merge', 'commit']),
  authors: z.array(Name).min(1).max(100),
  authorsSigned: z.boolean(),
  reviewer: Name,
  reviewedAtMs: z.int().min(0),
  statedBy: Name,
  statedAtMs: z.int().min(0),
});

/** Signs a statement: a compact JWS, Ed25519. */
export const signReview = (statement: ReviewStatement, { privateKey, keyId }: SigningKey): Promise<string> =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(statement)))
    .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: TYPE })
    .sign(privateKey);

/**
 * Reads a statement that one of these keys has signed. Nothing of it is used before that is known, but the name of the key.
 * @throws Error with a reason for people: no such key, no such signature, no such statement
 */
export async function verifyReview(statement: string, keys: readonly KeyObject[]): Promise<ReviewStatement> {
  if (statement.length > MOST_CHARACTERS) throw new Error(`the statement is longer than ${MOST_CHARACTERS} characters`);
  const key = keys.find((one) => keyIdOf(one) === keyNamedIn(statement));
  if (!key) throw new Error('the statement is not signed with a key that is trusted here');
  let payload: Uint8Array;
  try {
    ({ payload } = await compactVerify(statement, key, { algorithms: ['EdDSA'] }));
  } catch {
    throw new Error('the signature of the statement is not right: it was forged, or changed afterwards');
  }
  const parsed = Claims.safeParse(parseJson(payload));
  if (!parsed.success) throw new Error(`what was signed is no statement of a review: ${z.prettifyError(parsed.error).slice(0, 300)}`);
  return parsed.data;
}

function keyNamedIn(statement: string): string | undefined {
  try {
    const { kid, typ } = decodeProtectedHeader(statement);
    return typ === TYPE ? kid : undefined;
  } catch {
    return undefined;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
