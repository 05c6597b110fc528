import type { Configuration, DeviceAuthorizationResponse } from 'openid-client';
import { CliError, EXIT } from '../exit-codes.ts';
import { plainText } from '../plain-text.ts';
import type { Terminal } from '../terminal.ts';
import { discover, isSilence, issuerFailed, refusalOf } from './issuer.ts';
import type { Issued } from './login-file.ts';
import { audienceOf, loginFrom, type Wanted } from './tokens.ts';

/** However long a provider lets its codes count. */
const WAIT_AT_MOST_MS = 15 * 60_000;
/** So often in a row a provider may be silent while it is asked. */
const SILENT_AT_MOST = 3;

/** Told to the person when they turn away. */
const INTERRUPTED = 'Not logged in.';

/**
 * Logs a person in who has a browser somewhere, not necessarily here (RFC 8628): shows a code and where to enter it, and asks until it was.
 * @throws CliError when it is refused, too late, interrupted, or the provider does not answer
 */
export async function loginWithDevice(terminal: Terminal, wanted: Wanted & { scope: string }): Promise<Issued> {
  const { issuer, clientId, scope } = wanted;
  const interrupt = new AbortController();
  const forget = terminal.onInterrupt(() => {
    interrupt.abort();
  });
  const turnedAway = new Promise<never>((_, reject) => {
    interrupt.signal.addEventListener('abort', () => {
      reject(new CliError(EXIT.interrupted, INTERRUPTED));
    });
  });
  const login = async (): Promise<Issued> => {
    const { initiateDeviceAuthorization } = await import('openid-client');
    const provider = await discover({ issuer, clientId });
    if (provider.serverMetadata().device_authorization_endpoint === undefined)
      throw new CliError(
        EXIT.usage,
        `${issuer} has no device authorization grant (RFC 8628).`,
        'Switch it on at the provider, or hand a token in: breakwater login --with-token.',
      );
    const device = await initiateDeviceAuthorization(provider, { scope, ...audienceOf(wanted) }).catch((error: unknown) => {
      throw issuerFailed(issuer, error);
    });
    terminal.err(`${invitation(device).join('\n')}\n`);
    return loginFrom(wanted, await answerTo(provider, device, wanted, interrupt.signal));
  };
  try {
    return await Promise.race([login(), turnedAway]);
  } finally {
    forget();
    interrupt.abort();
  }
}

/** What a person is to do. The words are the provider's, and cleaned. */
function invitation({ user_code, verification_uri, verification_uri_complete }: DeviceAuthorizationResponse): string[] {
  const shown = (text: string): string => plainText(text).slice(0, 2_000);
  return [
    `Open ${shown(verification_uri)} in a browser, on any device, and enter the code:`,
    '',
    `  ${shown(user_code)}`,
    '',
    ...(verification_uri_complete === undefined ? [] : [`With the code in it: ${shown(verification_uri_complete)}`]),
    'Compare the code: enter one only that is shown here. Waiting; Ctrl-C ends it.',
  ];
}

async function answerTo(provider: Configuration, device: DeviceAuthorizationResponse, wanted: Wanted, interrupted: AbortSignal) {
  const { pollDeviceAuthorizationGrant } = await import('openid-client');
  const waitMs = Math.min(device.expires_in * 1_000, WAIT_AT_MOST_MS);
  const tooLate = AbortSignal.timeout(waitMs);
  const signal = AbortSignal.any([tooLate, interrupted]);
  for (let silences = 1; ; silences++) {
    try {
      return await pollDeviceAuthorizationGrant(provider, device, audienceOf(wanted), { signal });
    } catch (error) {
      if (tooLate.aborted || refusalOf(error) === 'expired_token') throw late(waitMs);
      if (!isSilence(error) || silences === SILENT_AT_MOST) throw refused(wanted.issuer, error);
    }
  }
}

const AGAIN = 'Run breakwater login again.';

const late = (waitMs: number): CliError =>
  new CliError(EXIT.timedOut, `Not logged in: the code was not entered within ${Math.round(waitMs / 1_000)} s.`, AGAIN);

const refused = (issuer: string, error: unknown): CliError =>
  refusalOf(error) === 'access_denied'
    ? new CliError(
        EXIT.denied,
        `Not logged in: it was denied at ${issuer}.`,
        `${AGAIN} Whoever denied it by mistake can enter the new code.`,
      )
    : issuerFailed(issuer, error);
