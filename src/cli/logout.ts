import type { Command } from 'commander';
import { hint, type Cli } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { apiOrigin } from './login/api-url.ts';
import type { Login } from './login/login-file.ts';
import { revoke } from './login/revoke.ts';
import { StoredLogins } from './login/stored-logins.ts';

async function execute(cli: Cli, options: { api?: string }): Promise<number> {
  const config = cli.config();
  const api = apiOrigin(config, options.api);
  const logins = new StoredLogins(config.login.folder);
  let removed: Login | undefined;
  if (await logins.of(api))
    await logins.change(api, (login) => {
      removed = login;
      return Promise.resolve(undefined);
    });
  cli.terminal.err(removed ? `Logged out of ${api}.\n` : `You were not logged in at ${api}.\n`);
  if (removed) hint(cli, said(removed, await revoke(removed)));
  if (config.apiAddress.identity !== undefined) hint(cli, 'BREAKWATER_API_IDENTITY is set, and still says who you are.');
  return EXIT.held;
}

/** What still counts elsewhere. */
function said(login: Login, isRevoked: boolean | undefined): string {
  if (login.kind === 'given') return 'The token or key itself still counts: whoever made it can revoke it.';
  const until = 'The last token counts until it expires';
  if (isRevoked === undefined) return `${until}.`;
  if (isRevoked) return `${login.issuer} renews it no more. ${until}.`;
  return `${login.issuer} could not be told: end the session there, if somebody may have the login. ${until}.`;
}

/** `breakwater logout` */
export function logout(program: Command, cli: Cli): void {
  program
    .command('logout')
    .summary('forget the login of an API')
    .description(
      'Removes the login of this API from this machine, and tells the OpenID provider, where it can be told, to renew it no more.',
    )
    .option('--api <url>', 'address of the HTTP API; default: BREAKWATER_API_URL')
    .action(async (options: { api?: string }) => {
      cli.finish(await execute(cli, options));
    });
}
