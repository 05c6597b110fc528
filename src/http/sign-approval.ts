import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { APPROVAL_ALGORITHM, APPROVAL_ISSUER, APPROVAL_TYPE, ApprovalStatement, LIVES_S } from '../domain/signed-approval.ts';
import type { SigningKey } from '../records/audit/keys.ts';

/** What is left to say of an approval, when, by whom and for how long are said by whoever signs. */
type Unsigned<S = ApprovalStatement> = S extends ApprovalStatement ? Omit<S, 'iss' | 'jti' | 'iat' | 'exp'> : never;

/** Signs an approval. @returns a compact JWS */
export type SignApproval = (approval: Unsigned) => Promise<string>;

/** Signs with the API's key. What it signs is good for a quarter of an hour, and broken glass for five minutes. */
export const createSignApproval =
  ({ privateKey, keyId }: Pick<SigningKey, 'privateKey' | 'keyId'>, nowMs: () => number = Date.now): SignApproval =>
  (approval) => {
    const iat = Math.floor(nowMs() / 1_000);
    const statement = ApprovalStatement.parse({
      ...approval,
      iss: APPROVAL_ISSUER,
      jti: randomUUID(),
      iat,
      exp: iat + LIVES_S[approval.kind],
    });
    return new SignJWT(statement).setProtectedHeader({ alg: APPROVAL_ALGORITHM, typ: APPROVAL_TYPE, kid: keyId }).sign(privateKey);
  };
