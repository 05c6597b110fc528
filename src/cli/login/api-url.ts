import type { Config } from '../../config.ts';
import { isPrivate } from '../../settings/login.ts';
import { CliError, EXIT } from '../exit-codes.ts';

/**
 * Scheme, host and port of an API.
 * @throws CliError when that is no address of one; what was given is not repeated, it may hold a password
 */
export function originOf(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isPlain =
    url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash && url.pathname === '/';
  if (!isPlain)
    throw new CliError(
      EXIT.usage,
      'That is no address of an API.',
      'Write --api https://host:port, without a path, credentials, query or fragment; the same holds for BREAKWATER_API_URL.',
    );
  return url.origin;
}

/** As `originOf`, for a login. @throws CliError also when the way there would show it to everybody between */
export function loginOriginOf(given: string): string {
  const origin = originOf(given);
  if (!isPrivate(new URL(origin)))
    throw new CliError(EXIT.usage, `--api: a login is not sent to ${origin}.`, 'Write https://HOST; http:// is for this machine only.');
  return origin;
}

/**
 * The API that is meant, as logins are kept by it: scheme, host and port.
 * @throws CliError when no API is named, or its address would show the login to everybody between
 */
export function apiOrigin(config: Config, option: string | undefined): string {
  const given = option ?? config.apiAddress.url;
  if (given === undefined) throw new CliError(EXIT.usage, 'No API is named.', 'Add --api URL, or set BREAKWATER_API_URL.');
  return loginOriginOf(given);
}
