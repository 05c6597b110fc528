import type { Command } from 'commander';
import { IssuerUrl } from '../settings/login.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { apiOrigin } from './login/api-url.ts';
import { loginWithDevice } from './login/device-grant.ts';
import { givenToken } from './login/given-token.ts';
import type { Login } from './login/login-file.ts';
import { revoke } from './login/revoke.ts';
import { StoredLogins } from './login/stored-logins.ts';
import { whoAmI } from './login/who-am-i.ts';
import { whoLines, whoView } from './login/who-view.ts';
import { show, withOutput, type Format } from './output.ts';

interface LoginCommandOptions {
  api?: string;
  issuer?: string;
  clientId?: string;
  scope?: string;
  audience?: string;
  useIdToken?: boolean;
  withToken?: boolean;
  output: Format;
}

/** Before anybody enters a code: an API that is not there, or knows one already, has no use for a login. @throws CliError */
async function checkApi(api: string): Promise<void> {
  const { me } = await whoAmI(api, undefined);
  if (me)
    throw new CliError(
      EXIT.usage,
      `${api} takes no login: to it you are ${me.subject}, whatever you send.`,
      'Logins need issuers in its access file (BREAKWATER_ACCESS), and no proxy that has authenticated you already.',
    );
}

/** @throws CliError when it is not said, or wrong, where and as which client people log in */
async function newLogin(cli: Cli, { issuer, clientId, scope, audience, useIdToken, withToken }: LoginCommandOptions): Promise<Login> {
  if (withToken) {
    if (issuer ?? clientId ?? scope ?? audience ?? useIdToken)
      throw new CliError(EXIT.usage, '--with-token takes what is there: nobody is asked for a login.', 'Leave the other options out.');
    return givenToken(cli.terminal);
  }
  const { login } = cli.config();
  const at = IssuerUrl.safeParse(issuer ?? login.issuer);
  const client = clientId ?? login.clientId;
  if ((issuer ?? login.issuer) === undefined || client === undefined)
    throw new CliError(
      EXIT.usage,
      'Which OpenID provider, and as which client?',
      'Add --issuer URL --client-id ID, or set BREAKWATER_LOGIN_ISSUER and BREAKWATER_LOGIN_CLIENT_ID; or hand a token in with --with-token.',
    );
  if (!at.success)
    throw new CliError(EXIT.usage, `--issuer: ${at.error.issues[0]?.message}.`, 'Write it as the provider writes it in `iss`: https://…');
  const audienceWanted = audience ?? login.audience;
  return loginWithDevice(cli.terminal, {
    issuer: at.data,
    clientId: client,
    scope: scope ?? login.scope,
    ...(audienceWanted !== undefined && { audience: audienceWanted }),
    uses: useIdToken ? 'id-token' : 'access-token',
  });
}

async function execute(cli: Cli, options: LoginCommandOptions): Promise<number> {
  const config = cli.config();
  const api = apiOrigin(config, options.api);
  const logins = new StoredLogins(config.login.folder);
  await logins.of(api); // a file that cannot be trusted is said before somebody enters a code
  await checkApi(api);
  const login = await newLogin(cli, options);
  try {
    const answer = await whoAmI(api, login.token);
    if (!answer.me)
      throw new CliError(
        EXIT.usage,
        `Not kept: ${api} does not know this login: ${answer.why}`,
        'Issuer and audience of the token must be in its access file; a provider whose access tokens are opaque wants --use-id-token (docs/api.md).',
      );
    await logins.change(api, () => Promise.resolve(login));
    const view = whoView(api, answer.me, config, login);
    show(cli.terminal, options.output, view, () => whoLines(view));
  } catch (error) {
    await revoke(login); // nobody keeps it, so nobody shall be able to use it
    throw error;
  }
  if (config.apiAddress.identity !== undefined) hint(cli, 'BREAKWATER_API_IDENTITY is set, and goes before this login.');
  return EXIT.held;
}

/** `breakwater login` */
export function login(program: Command, cli: Cli): void {
  withOutput(program.command('login'))
    .summary('log in to the HTTP API at your OpenID provider')
    .description(
      'Shows a code that you enter at your OpenID provider, in a browser anywhere (OAuth 2.0 device authorization grant), and keeps the login for this API, in a file that only you can read. It is renewed by itself where the provider allows it. What the API does not know is not kept.',
    )
    .option('--api <url>', 'address of the HTTP API; default: BREAKWATER_API_URL')
    .option('--issuer <url>', 'OpenID provider; default: BREAKWATER_LOGIN_ISSUER')
    .option('--client-id <id>', 'public client of the command line there; default: BREAKWATER_LOGIN_CLIENT_ID')
    .option('--scope <scopes>', 'what to ask for; default: BREAKWATER_LOGIN_SCOPE, or "openid offline_access"')
    .option('--audience <audience>', 'what the access token shall be for; default: BREAKWATER_LOGIN_AUDIENCE')
    .option('--use-id-token', 'send the id_token to the API: for providers whose access tokens are opaque')
    .option('--with-token', 'read a token or an API key from stdin instead; nothing renews it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater login --api https://breakwater.example.com --issuer https://id.example.com --client-id breakwater-cli\n  $ breakwater login --api https://breakwater.example.com --with-token < key-file',
    )
    .action(async (options: LoginCommandOptions) => {
      cli.finish(await execute(cli, options));
    });
}
