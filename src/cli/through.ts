import { Option, type Command } from 'commander';
import { BreakwaterHttpClient } from '../client/http.ts';
import { apiFailure } from './api-failure.ts';
import type { Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { originOf } from './login/api-url.ts';
import { identityFor } from './login/identity-for.ts';

/** The ways in which a command does its work; both end in the same, as far as the API tells it. */
export interface Ways<R> {
  /** Temporal and the records themselves, with their credentials. */
  direct(): Promise<R>;
  /** The HTTP API, as whoever is authenticated. Absent: no route of it does this. */
  api?: (api: BreakwaterHttpClient) => Promise<R>;
  /** Longest wait for one answer of the API, milliseconds; absent: as long as a plan may take. */
  apiWithinMs?: number;
}

interface Through {
  api?: string;
  direct?: boolean;
}

/** Adds what says which way a command goes. */
export const withApi = (command: Command): Command =>
  command
    .option('--api <url>', 'go through the HTTP API at this address; default: BREAKWATER_API_URL')
    .addOption(
      new Option('--direct', 'go past the API, to Temporal and the records themselves, also where BREAKWATER_API_URL is set').conflicts(
        'api',
      ),
    );

/** Who acts through the API is who is authenticated. @throws CliError when somebody was named */
function refuseClaims(command: Command): void {
  for (const [option, flag] of [
    ['by', '--by'],
    ['requestedBy', '--requested-by'],
  ] as const)
    if (command.getOptionValueSource(option) === 'cli')
      throw new CliError(
        EXIT.usage,
        `${flag} is a claim, and the API knows who you are.`,
        'Leave it out; your login, or BREAKWATER_API_IDENTITY, is who acts. Or go past the API with --direct.',
      );
}

/** Opens the door to the API and uses it. @throws CliError for what the API refuses, and when it cannot be reached */
async function atApi<R>(cli: Cli, url: string, use: (api: BreakwaterHttpClient) => Promise<R>, timeoutMs?: number): Promise<R> {
  const config = cli.config();
  const identity = await identityFor(config, url);
  const token = identity === undefined ? undefined : async () => (await identityFor(config, url)) ?? identity;
  try {
    return await use(new BreakwaterHttpClient({ url, ...(token && { token }), ...(timeoutMs !== undefined && { timeoutMs }) }));
  } catch (error) {
    throw apiFailure(error, { url, hasIdentity: identity !== undefined });
  }
}

/**
 * Does a command's work in the way that was asked for: `--direct` before `--api` before BREAKWATER_API_URL; without any of them directly.
 * What no route does is done directly where nobody named the API for it, and refused where somebody did.
 */
export async function through<R>(cli: Cli, command: Command, { direct, api, apiWithinMs }: Ways<R>): Promise<R> {
  const asked = command.optsWithGlobals<Through>(); // `halt --direct status`: said of the group, meant for what follows
  const given = asked.direct ? undefined : (asked.api ?? cli.config().apiAddress.url);
  if (given === undefined) return direct();
  if (api) {
    const url = originOf(given);
    refuseClaims(command);
    return atApi(cli, url, api, apiWithinMs);
  }
  if (asked.api === undefined) return direct();
  throw new CliError(EXIT.usage, 'The API cannot do this.', 'Leave --api out: it needs Temporal or the records themselves.');
}
