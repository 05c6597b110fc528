import { isNativeError } from 'node:util/types';
import { ApiProblem } from '../client/http-request.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Where a request went, and whether somebody said who asks. */
export interface Sent {
  url: string;
  hasIdentity: boolean;
}

const PAST_IT = 'Correct --api or BREAKWATER_API_URL; `--direct` goes past the API, to Temporal itself.';
/** What fetch calls every failure of a connection, and of an answer that breaks off. */
const BROKEN = /^(fetch failed|terminated)$/;

/** Those of fetch may be of another realm than this module. */
const isError = (error: unknown): error is Error => error instanceof Error || isNativeError(error);

const causeOf = (error: Error): Error & { code?: unknown } => (isError(error.cause) ? causeOf(error.cause) : error);

const isBroken = (error: Error): boolean =>
  (error.name === 'TypeError' && BROKEN.test(error.message)) ||
  error.name === 'TimeoutError' ||
  /^the stream of .* ended/.test(error.message);

/** Whether the API, or the way to it, is away for now: what was asked may be asked again. */
export const isApiOutage = (error: unknown): error is Error =>
  error instanceof ApiProblem ? error.status >= 500 || error.status === 429 : isError(error) && isBroken(error);

/** Who one is taken for stands in what the API says; this says what to do about it. */
function remedyOf(status: number, hasIdentity: boolean): string | undefined {
  if (status === 401 || status === 403)
    return hasIdentity
      ? 'BREAKWATER_API_IDENTITY is who you are there, or else your login (`breakwater whoami`); who may do what: docs/api.md.'
      : 'Nobody said who you are: log in with `breakwater login`, or set BREAKWATER_API_IDENTITY to a token or an API key (docs/api.md).';
  if (status === 404) return 'What another team owns is not found either; `breakwater runs` lists what you may see.';
  if (status === 429) return 'Try again in a minute.';
  return status >= 500 ? 'Try again; `--direct` goes past the API, to Temporal itself.' : undefined;
}

function ofProblem({ status, message }: ApiProblem, { hasIdentity }: Sent, cause: Error): CliError {
  const isOurs = status < 500 && status !== 429; // what is asked is wrong, and not the API
  const said = status === 404 ? 'Not found' : isOurs ? 'Refused' : 'The API does not do it now';
  return new CliError(isOurs ? EXIT.usage : EXIT.platform, `${said}: ${message}`, remedyOf(status, hasIdentity), { cause });
}

function ofConnection(error: Error, url: string): CliError {
  const { message, code } = causeOf(error);
  const unreachable = `The API cannot be reached at ${url}: `;
  if (error.name === 'TimeoutError')
    return new CliError(EXIT.platform, `${unreachable}it did not answer in time`, PAST_IT, { cause: error });
  if (/redirect/.test(message))
    return new CliError(
      EXIT.platform,
      `${unreachable}it redirects`,
      'Redirects are not followed, so that the identity goes nowhere else: name the address itself.',
      { cause: error },
    );
  const isTls = typeof code === 'string' && /CERT|TLS|SSL|SELF_SIGNED|LEAF_SIGNATURE/.test(code);
  const remedy = isTls ? 'Its certificate is not trusted here: NODE_EXTRA_CA_CERTS names a file of authorities that are.' : PAST_IT;
  return new CliError(EXIT.platform, unreachable + message, remedy, { cause: error });
}

/** What a person is told of a request that failed; what is no matter of the API stays as it is. */
export function apiFailure(error: unknown, sent: Sent): unknown {
  if (error instanceof ApiProblem) return ofProblem(error, sent, error);
  if (!isError(error)) return error;
  // Some of what fetch says of it repeats the identity.
  if (error.name === 'TypeError' && /invalid .*header|ByteString/i.test(causeOf(error).message))
    return new CliError(EXIT.usage, 'The identity holds characters that no token or API key has.', 'Correct BREAKWATER_API_IDENTITY.');
  if (isBroken(error)) return ofConnection(error, sent.url);
  if (error.name === 'TypeError' && error.message.includes('use https'))
    return new CliError(EXIT.usage, error.message, 'Only an API on this machine is spoken to without TLS.', { cause: error });
  if (error.name === 'SyntaxError')
    return new CliError(EXIT.platform, `What answers at ${sent.url} is not Breakwater’s API.`, PAST_IT, { cause: error });
  return error;
}
