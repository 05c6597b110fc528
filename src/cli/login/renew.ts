import { CliError, EXIT } from '../exit-codes.ts';
import { discover, issuerFailed, refusalOf } from './issuer.ts';
import type { Issued, Login } from './login-file.ts';
import type { StoredLogins } from './stored-logins.ts';
import { audienceOf, loginFrom } from './tokens.ts';

/** A token that ends so soon is renewed: it must last for the request that it is for. */
const RENEW_BEFORE_MS = 30_000;

const endsAtMs = (login: Login): number => (login.kind === 'issued' ? (login.expiresAtMs ?? Infinity) : Infinity);
const isFresh = (login: Login): boolean => Date.now() < endsAtMs(login) - RENEW_BEFORE_MS;

const logInAgain = (api: string): string => `breakwater login --api ${api}`;

/**
 * The login of an API, with a token that counts. A token that has expired, or soon will, is renewed and kept, by one process at a time: a
 * provider may take a refresh token that comes twice for stolen.
 * @returns undefined when nobody has logged in there
 * @throws CliError when it cannot be renewed
 */
export async function currentLogin(logins: StoredLogins, api: string): Promise<Login | undefined> {
  const login = await logins.of(api);
  if (login === undefined || isFresh(login)) return login;
  return logins.change(api, async (now) => {
    if (now?.kind !== 'issued' || isFresh(now)) return now; // another has renewed it meanwhile
    return renewed(api, now);
  });
}

async function renewed(api: string, login: Issued): Promise<Issued> {
  const isOver = Date.now() >= endsAtMs(login);
  if (login.refreshToken === undefined) {
    if (!isOver) return login;
    throw new CliError(
      EXIT.usage,
      `The login at ${api} has expired, and there is nothing to renew it with.`,
      `Log in again: ${logInAgain(api)}`,
    );
  }
  try {
    return await renewAt(login, login.refreshToken);
  } catch (error) {
    if (!isOver) return login; // it still counts for a moment, and the next command asks again
    if (refusalOf(error) === 'invalid_grant')
      throw new CliError(EXIT.usage, `The login at ${api} is over: ${login.issuer} does not renew it.`, `Log in again: ${logInAgain(api)}`);
    throw issuerFailed(login.issuer, error);
  }
}

async function renewAt(login: Issued, refreshToken: string): Promise<Issued> {
  const { refreshTokenGrant } = await import('openid-client');
  return loginFrom(login, await refreshTokenGrant(await discover(login), refreshToken, audienceOf(login)), refreshToken);
}
