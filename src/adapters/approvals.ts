import { errors, jwtVerify } from 'jose';
import type { ApprovalVerifier } from '../activities/ports.ts';
import { APPROVAL_ALGORITHM, APPROVAL_ISSUER, APPROVAL_TYPE, ApprovalStatement, LIVES_S, MAX_SIGNED } from '../domain/signed-approval.ts';
import { keyIdOf, readPublicKeys } from '../records/audit/keys.ts';

/** How far the clocks of the API and of a worker may be apart, seconds. */
const CLOCK_TOLERANCE_S = 30;

const noKey = 'it is signed with a key that is not among BREAKWATER_APPROVAL_PUBLIC_KEYS';

/** What is wrong, without repeating any of it. */
function explain(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired: approve again';
  if (error instanceof errors.JWTClaimValidationFailed) return `its '${error.claim}' is not right`;
  if (error instanceof errors.JOSEAlgNotAllowed) return `its algorithm is not ${APPROVAL_ALGORITHM}`;
  if (error instanceof errors.JWKSNoMatchingKey) return noKey;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is not right';
  return 'it is no signed approval';
}

/**
 * Verifies signed approvals with the public keys in a file, which is read anew for each: a key that is taken out of it counts no more.
 * @param file PEM, one or more public Ed25519 keys; a signature names its key by its id
 */
export function createApprovals(file: string): ApprovalVerifier {
  const unreadable = (cause: unknown): string => `the public keys of approvals cannot be read: ${(cause as Error).message}`;
  return {
    problem: () => readPublicKeys(file).then(() => undefined, unreadable),
    async verify(signed, nowMs) {
      if (signed.length > MAX_SIGNED) return { why: `it is longer than ${MAX_SIGNED} characters` };
      const keys = await readPublicKeys(file).catch((cause: unknown) => unreadable(cause));
      if (typeof keys === 'string') return { why: keys };
      const known = new Map(keys.map((key) => [keyIdOf(key), key]));
      try {
        const { payload, protectedHeader } = await jwtVerify(
          signed,
          ({ kid = '' }) => {
            const key = known.get(kid);
            if (!key) throw new errors.JWKSNoMatchingKey();
            return key;
          },
          {
            algorithms: [APPROVAL_ALGORITHM],
            typ: APPROVAL_TYPE,
            issuer: APPROVAL_ISSUER,
            currentDate: new Date(nowMs),
            clockTolerance: CLOCK_TOLERANCE_S,
            maxTokenAge: LIVES_S.approval,
            requiredClaims: ['sub', 'jti', 'iat', 'exp'],
          },
        );
        const statement = ApprovalStatement.safeParse(payload);
        return statement.success ? { statement: statement.data, keyId: protectedHeader.kid ?? '' } : { why: 'it states no approval' };
      } catch (error) {
        return { why: explain(error) };
      }
    },
  };
}
