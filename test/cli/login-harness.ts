import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessFile } from '../../src/http/identity/access-file.ts';
import { withFakes, type FakeApi } from '../http/fakes.ts';
import { enterCode, type OidcProvider } from '../support/oidc.ts';
import { call, start, type Ended, type Running } from './command.ts';

/** Somebody's machine: a configuration folder of their own. */
export interface Desk {
  file: string;
  folder: string;
  env: Record<string, string>;
  call(args: string[], more?: { env?: Record<string, string>; input?: string }): Promise<Ended>;
  start(args: string[]): Running;
  /** What is kept; undefined: nothing. */
  kept(): Record<string, Record<string, unknown>> | undefined;
  remove(): void;
}

export function newDesk(settings: Record<string, string> = {}): Desk {
  const home = mkdtempSync(join(tmpdir(), 'breakwater-login-'));
  const folder = join(home, 'breakwater');
  const file = join(folder, 'logins.json');
  const env = { XDG_CONFIG_HOME: home, HOME: home, ...settings };
  const kept = (): Record<string, Record<string, unknown>> | undefined =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { logins: Record<string, Record<string, unknown>> }).logins : undefined;
  return {
    file,
    folder,
    env,
    kept,
    call: (args, more = {}) =>
      call(args, { env: { ...env, ...more.env }, ...(more.input !== undefined && { input: more.input }) }).then(withoutTokens),
    start: (args) => start(args, { env }),
    remove: () => {
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** @throws when a command has shown a JWT or an API key */
export function withoutTokens(ended: Ended): Ended {
  if (/eyJ[\w-]{8}|bw_\w+_[0-9a-f]{8}/.test(ended.stdout + ended.stderr)) throw new Error('a token is in what the command said');
  return ended;
}

const SETTINGS_OF = ({ issuer }: OidcProvider) => ({ BREAKWATER_LOGIN_ISSUER: issuer, BREAKWATER_LOGIN_CLIENT_ID: 'breakwater-cli' });
/** A machine on which it is said where one logs in. */
export const deskAt = (provider: OidcProvider, api: string): Desk => newDesk({ ...SETTINGS_OF(provider), BREAKWATER_API_URL: api });

/** An access file that trusts a provider. */
export const trusting = ({ issuer }: Pick<OidcProvider, 'issuer'>, audience = 'breakwater') =>
  AccessFile.parse({
    issuers: [
      {
        ...{ name: 'corp', issuer, audience, jwks: `${issuer}/jwks`, clockToleranceSeconds: 0 },
        grants: [
          { claim: 'groups', value: 'sre', role: 'approver', team: 'payments', environment: 'staging' },
          { claim: 'groups', value: 'sre', role: 'viewer' },
        ],
      },
    ],
  });

/** The real API, over a fake Temporal, on a port of its own. */
export const withApi = (options: Parameters<typeof withFakes>[1], use: (url: string, api: FakeApi) => Promise<void>): Promise<void> =>
  withFakes(async (api) => {
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    await use(`http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`, api);
  }, options);

/** Logs somebody in: starts the command, enters the code as they would, and waits. */
export async function logIn(desk: Desk, { args = [], ...person }: { args?: string[]; as?: string; denies?: boolean } = {}): Promise<Ended> {
  const running = desk.start(['login', ...args]);
  let said = '';
  running.child.stderr!.on('data', (text: string) => (said += text));
  await running.says(/With the code in it: \S+\n/);
  await enterCode(/With the code in it: (\S+)/.exec(said)![1]!, person);
  return withoutTokens(await running.ended);
}
