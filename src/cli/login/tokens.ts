import type { TokenEndpointResponse } from 'openid-client';
import { CliError, EXIT } from '../exit-codes.ts';
import { asToken, type Issued } from './login-file.ts';
import type { Client } from './issuer.ts';

/** What is asked for, beside who asks. */
export interface Wanted extends Client {
  audience?: string | undefined;
  uses: Issued['uses'];
}

/** For whom a token shall be: RFC 8707 takes URLs only, and other providers have a word of their own. A provider ignores what it does not know. */
export const audienceOf = ({ audience }: { audience?: string | undefined }): Record<string, string> =>
  audience === undefined ? {} : { audience, ...(URL.canParse(audience) && { resource: audience }) };

/**
 * What is kept of a provider's answer.
 * @param before the refresh token that counts on when the answer has no other
 * @throws CliError when the token that the API shall get is not in it
 */
export async function loginFrom(wanted: Wanted, answer: TokenEndpointResponse, before?: string): Promise<Issued> {
  const { issuer, clientId, audience, uses } = wanted;
  const token = asToken((uses === 'id-token' ? answer.id_token : answer.access_token) ?? '');
  if (token === undefined)
    throw new CliError(
      EXIT.usage,
      `${issuer} gave no ${uses === 'id-token' ? 'id_token' : 'access token'} that can be sent.`,
      uses === 'id-token' ? 'Add the scope openid; some providers give none at a renewal: use access tokens there.' : undefined,
    );
  const nowMs = Date.now();
  const statedMs = uses === 'access-token' && answer.expires_in !== undefined ? nowMs + answer.expires_in * 1_000 : undefined;
  const expiresAtMs = (await expiryIn(token)) ?? statedMs;
  const refreshToken = asToken(answer.refresh_token ?? '') ?? before;
  return {
    kind: 'issued',
    issuer,
    clientId,
    ...(audience !== undefined && { audience }),
    uses,
    token,
    ...(expiresAtMs !== undefined && { expiresAtMs: Math.round(expiresAtMs) }),
    ...(refreshToken !== undefined && { refreshToken }),
    savedAtMs: nowMs,
  };
}

/** A token that is a JWT says it itself; it is read here and verified by the API. */
async function expiryIn(token: string): Promise<number | undefined> {
  const { decodeJwt } = await import('jose');
  try {
    const { exp } = decodeJwt(token);
    return exp !== undefined && exp > 0 ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}
