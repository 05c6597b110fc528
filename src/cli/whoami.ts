import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { apiOrigin } from './login/api-url.ts';
import { currentLogin } from './login/renew.ts';
import { StoredLogins } from './login/stored-logins.ts';
import { whoAmI } from './login/who-am-i.ts';
import { whoLines, whoView } from './login/who-view.ts';
import { show, withOutput, type Format } from './output.ts';

async function execute(cli: Cli, options: { api?: string; output: Format }): Promise<number> {
  const config = cli.config();
  const { identity } = config.apiAddress;
  const api = apiOrigin(config, options.api);
  const login = identity === undefined ? await currentLogin(new StoredLogins(config.login.folder), api) : undefined;
  const answer = await whoAmI(api, identity ?? login?.token);
  if (!answer.me) {
    const known = identity !== undefined || login !== undefined;
    throw new CliError(
      EXIT.usage,
      known ? `${api} does not know you: ${answer.why}` : `You are not logged in at ${api}.`,
      identity === undefined ? `Log in: breakwater login --api ${api}` : 'Correct BREAKWATER_API_IDENTITY, or leave it out and log in.',
    );
  }
  const view = whoView(api, answer.me, config, login);
  show(cli.terminal, options.output, view, () => whoLines(view));
  return EXIT.held;
}

/** `breakwater whoami` */
export function whoami(program: Command, cli: Cli): void {
  withOutput(program.command('whoami'))
    .summary('who you are to the HTTP API, and what you may do where')
    .description('Asks the API who you are, by BREAKWATER_API_IDENTITY or your login, what you may do where, and when that ends.')
    .option('--api <url>', 'address of the HTTP API; default: BREAKWATER_API_URL')
    .action(async (options: { api?: string; output: Format }) => {
      cli.finish(await execute(cli, options));
    });
}
