import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Grant, Principal } from '../../domain/principal.ts';
import { HttpError } from '../problem.ts';
import type { Issuer } from './access-file.ts';
import type { UsedTokens } from './used-tokens.ts';

/** Longest wait for an issuer's keys. */
const KEYS_WITHIN_MS = 5_000;
const KEYS_KEPT_MS = 600_000;
/** An unknown key id makes the keys be fetched again, but no more often than this: a stranger could otherwise have them fetched at will. */
const KEYS_COOLDOWN_MS = 30_000;
const MAX_TOKEN = 16_384;
const MAX_JTI = 500;
const SUBJECT = /^[\x21-\x7e]{1,180}$/;

const refuse = (why: string): HttpError => new HttpError(401, `the token is not accepted: ${why}`);

const listed = (claim: unknown): unknown[] => (Array.isArray(claim) ? claim : [claim]);

const grantsOf = ({ grants }: Issuer, claims: JWTPayload): Grant[] =>
  grants
    .filter(({ claim, value }) => Object.hasOwn(claims, claim) && listed(claims[claim]).includes(value))
    .map(({ role, team, environment }) => ({ role, team, environment }));

/** @throws HttpError (401) when the issuer must vouch for a device and does not */
function deviceOf({ device }: Issuer, claims: JWTPayload): Principal['device'] {
  if (!device) return undefined;
  const id = claims[device.claim];
  if (typeof id !== 'string' || !SUBJECT.test(id)) throw refuse(`it names no device (claim '${device.claim}')`);
  for (const [name, value] of Object.entries(device.require))
    if (claims[name] !== value) throw refuse(`the device does not meet what is required of it (claim '${name}')`);
  return { id };
}

function principalOf(issuer: Issuer, claims: JWTPayload): Principal {
  const subject = claims[issuer.subjectClaim];
  if (typeof subject !== 'string' || !SUBJECT.test(subject))
    throw refuse(`its claim '${issuer.subjectClaim}' is no name of 1 to 180 printable characters`);
  const device = deviceOf(issuer, claims);
  return {
    subject: `${issuer.name}:${subject}`,
    kind: issuer.kind,
    grants: grantsOf(issuer, claims),
    expiresAtMs: (claims.exp ?? 0) * 1_000,
    ...(device && { device }),
  };
}

/** What is wrong with a token, without repeating any of it. An issuer that does not answer is not the caller's fault. */
function explain(error: unknown): Error {
  if (error instanceof HttpError) return error;
  if (error instanceof errors.JWTExpired) return refuse('it has expired');
  if (error instanceof errors.JWTClaimValidationFailed) return refuse(`its claim '${error.claim}' is not right`);
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse('its algorithm is not allowed here');
  if (error instanceof errors.JWKSNoMatchingKey) return refuse('it is signed with a key that its issuer does not have');
  if (error instanceof errors.JWKSTimeout) return new HttpError(503, 'the issuer of the token does not give its keys in time; try again');
  if (error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC') return refuse('it is no valid signed token');
  return new HttpError(503, 'the issuer of the token does not give its keys; try again');
}

/** @throws HttpError (401, 503) when it has no name, was used before, or cannot be remembered */
function useOnce({ name, clockToleranceSeconds }: Issuer, { jti, exp = 0 }: JWTPayload, used: UsedTokens): void {
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI) throw refuse("it counts once, and its claim 'jti' is no name of it");
  used.use(name, jti, (exp + clockToleranceSeconds) * 1_000);
}

/** @param changesSomething whether the request would: then a token that counts once is used up */
export type VerifyToken = (token: string, changesSomething: boolean) => Promise<Principal>;

/**
 * Turns JWTs into principals. Of what is in a token before it is verified, only the issuer's name is used, to choose whose keys decide.
 * @param used remembers the tokens that count once
 * @param cooldownMs least time between two fetches of an issuer's keys
 */
export function createTokens(issuers: readonly Issuer[], used: UsedTokens, cooldownMs = KEYS_COOLDOWN_MS): VerifyToken {
  const known = new Map(
    issuers.map((issuer) => {
      const keys = createRemoteJWKSet(new URL(issuer.jwks), {
        timeoutDuration: KEYS_WITHIN_MS,
        cooldownDuration: cooldownMs,
        cacheMaxAge: KEYS_KEPT_MS,
      });
      return [issuer.issuer, { issuer, keys }] as const;
    }),
  );
  return async (token, changesSomething) => {
    try {
      if (token.length > MAX_TOKEN) throw refuse(`it is longer than ${MAX_TOKEN} characters`);
      const { iss } = decodeJwt(token);
      const found = iss === undefined ? undefined : known.get(iss);
      if (!found) throw refuse('its issuer is not known here');
      const { issuer, keys } = found;
      const { payload } = await jwtVerify(token, keys, {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: issuer.algorithms,
        clockTolerance: issuer.clockToleranceSeconds,
        requiredClaims: ['exp', issuer.subjectClaim],
      });
      const principal = principalOf(issuer, payload);
      if (issuer.replay === 'refuse' && changesSomething) useOnce(issuer, payload, used);
      return principal;
    } catch (error) {
      throw explain(error);
    }
  };
}
