import type { Config } from '../../config.ts';
import { isPrivate } from '../../settings/login.ts';
import { CliError, EXIT } from '../exit-codes.ts';

/**
 * The API that is meant, as logins are kept by it: scheme, host and port.
 * @throws CliError when no API is named, or its address would show the login to everybody between
 */
export function apiOrigin(config: Config, option: string | undefined): string {
  const given = option ?? config.apiAddress.url;
  if (given === undefined) throw new CliError(EXIT.usage, 'No API is named.', 'Add --api URL, or set BREAKWATER_API_URL.');
  return originOf(given);
}

/** @throws CliError when it is no address for a login */
export function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !isPrivate(parsed) || parsed.username !== '' || parsed.password !== '')
    throw new CliError(
      EXIT.usage,
      `--api: '${parsed && !parsed.password ? url : '(not shown)'}' is no address for a login.`,
      'Write https://HOST (http:// on this machine only), without credentials.',
    );
  return parsed.origin;
}
