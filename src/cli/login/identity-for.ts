import type { Config } from '../../config.ts';
import { loginOriginOf } from './api-url.ts';
import { currentLogin } from './renew.ts';
import { StoredLogins } from './stored-logins.ts';

/**
 * Who one is to an API: BREAKWATER_API_IDENTITY, else the login that is kept for that API, renewed when it has expired.
 * @returns the token or key, which is secret; undefined when nobody has said or logged in
 * @throws CliError when a login is there and cannot be used, with what to do
 */
export async function identityFor({ apiAddress, login }: Pick<Config, 'apiAddress' | 'login'>, url: string): Promise<string | undefined> {
  if (apiAddress.identity !== undefined) return apiAddress.identity;
  return (await currentLogin(new StoredLogins(login.folder), loginOriginOf(url)))?.token;
}
