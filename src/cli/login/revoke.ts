import { discover } from './issuer.ts';
import type { Login } from './login-file.ts';

/**
 * Asks the provider to forget a login (RFC 7009): as well as it can be done, since nothing depends on it here.
 * @returns whether it did; undefined when there is nothing that could be revoked
 */
export async function revoke(login: Login): Promise<boolean | undefined> {
  if (login.kind !== 'issued' || login.refreshToken === undefined) return undefined;
  try {
    const { tokenRevocation } = await import('openid-client');
    const provider = await discover(login);
    if (provider.serverMetadata().revocation_endpoint === undefined) return false;
    await tokenRevocation(provider, login.refreshToken, { token_type_hint: 'refresh_token' });
    return true;
  } catch {
    return false;
  }
}
