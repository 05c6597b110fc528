import type { Configuration, CustomFetch } from 'openid-client';
import { isPrivate } from '../../settings/login.ts';
import { CliError, EXIT } from '../exit-codes.ts';

/** Longest wait for one answer of a provider, seconds. */
const ANSWER_WITHIN_S = 10;
/** How far the clock of this machine may be off, seconds. */
const CLOCK_TOLERANCE_S = 60;

/** An OpenID provider, and who we are there. */
export interface Client {
  issuer: string;
  clientId: string;
}

/** Nothing is sent where somebody between could read it, whatever the provider's own description says, and nothing follows a redirect. */
const privateFetch: CustomFetch = (url, options) => {
  if (!isPrivate(new URL(url))) return Promise.reject(new NotPrivate());
  return fetch(url, { ...options, redirect: 'manual' } as RequestInit);
};

class NotPrivate extends Error {}

/**
 * Asks a provider where its doors are (OpenID Connect Discovery). A public client: it has no secret that could be kept.
 * @throws CliError when it does not answer, or is another than it is said to be
 */
export async function discover({ issuer, clientId }: Client): Promise<Configuration> {
  const openId = await import('openid-client');
  const url = new URL(issuer);
  return openId
    .discovery(url, clientId, { [openId.clockTolerance]: CLOCK_TOLERANCE_S }, openId.None(), {
      timeout: ANSWER_WITHIN_S,
      [openId.customFetch]: privateFetch,
      ...(url.protocol === 'http:' && { execute: [openId.allowInsecureRequests] }),
    })
    .catch((error: unknown) => {
      throw issuerFailed(issuer, error);
    });
}

/** The code of an error by which a provider refuses (RFC 6749, 5.2; RFC 8628, 3.5). Its description is not repeated: it is theirs, and could hold anything. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ResponseBodyError') return undefined;
  const { error: code } = error as { error?: unknown };
  return typeof code === 'string' && /^[a-z_]{1,60}$/.test(code) ? code : 'an unknown error';
}

/** Whether the provider, or the way to it, did not answer; asked again it may. */
export const isSilence = (error: unknown): boolean =>
  (error instanceof TypeError && error.message === 'fetch failed') || (error as { code?: unknown }).code === 'OAUTH_TIMEOUT';

const CHECK = 'Correct --issuer or BREAKWATER_LOGIN_ISSUER; it must be written as the provider writes it.';

/** What went wrong at a provider, in words of ours: messages of a parser quote what they read. */
export function issuerFailed(issuer: string, error: unknown): CliError {
  if (error instanceof CliError) return error;
  const code = refusalOf(error);
  if (code === 'invalid_client' || code === 'unauthorized_client')
    return new CliError(
      EXIT.usage,
      `${issuer} does not let this client log people in: ${code}.`,
      'Correct --client-id or BREAKWATER_LOGIN_CLIENT_ID: a public client that is allowed the device authorization grant (and refresh tokens).',
    );
  if (code !== undefined)
    return new CliError(
      EXIT.usage,
      `${issuer} refuses: ${code}.`,
      'Look at --scope, --audience and the settings of the client at the provider.',
    );
  if (isPrivateFailure(error))
    return new CliError(EXIT.usage, `${issuer} names an address that is not https: nothing was sent there.`, 'Use another provider.');
  if (isSilence(error)) {
    const cause = (error as Error).cause as { code?: unknown } | undefined;
    const why = typeof cause?.code === 'string' ? cause.code : 'no answer in time';
    return new CliError(EXIT.platform, `The issuer cannot be reached at ${issuer}: ${why}.`, `Try again. ${CHECK}`);
  }
  return new CliError(EXIT.platform, `${issuer} does not answer as an OpenID provider does${codeIn(error)}.`, CHECK);
}

const isPrivateFailure = (error: unknown): boolean =>
  error instanceof NotPrivate || (error instanceof Error && error.cause !== undefined && isPrivateFailure(error.cause));

function codeIn(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]{1,60}$/.test(code) ? ` (${code})` : '';
}
