import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../../src/cli/exit-codes.ts';
import { loginWithDevice } from '../../src/cli/login/device-grant.ts';
import { identityFor } from '../../src/cli/login/identity-for.ts';
import { locked } from '../../src/cli/login/lock.ts';
import type { Login } from '../../src/cli/login/login-file.ts';
import { currentLogin } from '../../src/cli/login/renew.ts';
import { StoredLogins } from '../../src/cli/login/stored-logins.ts';
import { loadConfig } from '../../src/config.ts';
import { recordingTerminal } from './terminals.ts';

const API = 'https://breakwater.example.com';
const SECRET = 'shh-this-is-a-token';

let home: string;
let logins: StoredLogins;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'breakwater-logins-'));
  logins = new StoredLogins(join(home, 'breakwater'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const given = (token: string): Login => ({ kind: 'given', token, savedAtMs: 1 });
const keep = (login: Login, api = API) => logins.change(api, () => Promise.resolve(login));
/** How it fails, whole, as it would be logged. */
async function failureOf(promise: Promise<unknown>): Promise<CliError> {
  const error: unknown = await promise.then(
    (value) => new Error(`no failure: ${JSON.stringify(value)}`),
    (failed: unknown) => failed,
  );
  if (!(error instanceof CliError)) throw error as Error;
  expect(`${error.stack} ${error.remedy} ${JSON.stringify(error)}`).not.toContain(SECRET);
  return error;
}

describe('the file', () => {
  test('many who change it at once lose nothing, and leave nothing behind', async () => {
    const all = Array.from({ length: 12 }, (_, i) => `https://b${i}.example.com`);
    await Promise.all(all.map((api) => keep(given(api), api)));
    expect(Object.keys(await logins.read()).sort()).toEqual([...all].sort());
    expect(readdirSync(join(home, 'breakwater')).sort()).toEqual(['logins.json', 'logins.lock']);
    expect(statSync(join(home, 'breakwater', 'logins.json')).mode & 0o777).toBe(0o600);
  });

  test('a change that fails leaves it as it was, and the lock free', async () => {
    await keep(given('a'));
    await expect(logins.change(API, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await keep(given('b'));
    expect(await logins.of(API)).toEqual(given('b'));
    expect(await logins.of('constructor')).toBeUndefined();
  });

  test('who waits for its lock waits in bounded time; a holder that is killed leaves it free', async () => {
    const lock = join(home, 'lock');
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `const flock = require('koffi').load(null).func('int flock(int, int)'); flock(require('fs').openSync(${JSON.stringify(lock)}, 'a'), 2);
         console.log('held'); setTimeout(() => {}, 60_000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(holder.stdout, 'data');
    expect(await failureOf(locked(lock, () => Promise.resolve(), 300))).toMatchObject({ exitCode: 7 });
    const got = locked(lock, () => Promise.resolve('got it'), 20_000);
    holder.kill('SIGKILL');
    expect(await got).toBe('got it');
  });
});

describe('identityFor', () => {
  const config = (env: Record<string, string> = {}) => loadConfig({ TEMPORAL_CONFIG_FILE: '', HOME: home, XDG_CONFIG_HOME: home, ...env });

  test('what the environment says, else the login of exactly that API, else nobody', async () => {
    expect(await identityFor(config(), API)).toBeUndefined();
    await keep(given('mine'));
    expect(await identityFor(config(), `${API}/`)).toBe('mine');
    expect(await identityFor(config({ BREAKWATER_API_IDENTITY: 'other' }), API)).toBe('other');
    for (const other of ['https://breakwater.example.com:8443', 'https://example.com', 'https://breakwater.example.com.evil.example'])
      expect(await identityFor(config(), other)).toBeUndefined();
  });

  test('no login goes where others between would see it', async () => {
    for (const url of ['http://breakwater.example.com', 'ftp://x', 'nonsense', `https://ann:${SECRET}@breakwater.example.com`])
      expect(await failureOf(identityFor(config(), url))).toMatchObject({ exitCode: 2 });
  });
});

describe('a provider that is none, or means ill', () => {
  /** A server that answers as it is told, and remembers what it got. */
  async function withProvider(
    answer: (path: string, issuer: string) => { status?: number; headers?: Record<string, string>; body?: unknown },
    use: (issuer: string, seen: string[]) => Promise<void>,
  ): Promise<void> {
    const seen: string[] = [];
    const bodyOf = async (request: IncomingMessage): Promise<string> => {
      let body = '';
      for await (const piece of request.setEncoding('utf8')) body += piece as string;
      return body;
    };
    const server = createServer((request, response) => {
      void bodyOf(request).then((sent) => {
        seen.push(`${request.url} ${sent}`);
        const { status = 200, headers = {}, body = {} } = answer(request.url!, issuer);
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await use(issuer, seen);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  const described = (issuer: string, more: object = {}) => ({
    issuer,
    token_endpoint: `${issuer}/token`,
    device_authorization_endpoint: `${issuer}/device`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/jwks`,
    ...more,
  });
  const device = {
    device_code: SECRET,
    user_code: 'A-\u001b[31mB',
    verification_uri: 'https://id.example.com/\u001b]0;x\u0007go',
    expires_in: 60,
    interval: 1,
  };
  const wanted = (issuer: string) => ({ issuer, clientId: 'cli', scope: 'openid', uses: 'access-token' as const });
  const isDiscovery = (path: string): boolean => path.startsWith('/.well-known/');

  test.each<[string, (path: string, issuer: string) => { status?: number; headers?: Record<string, string>; body?: unknown }, number]>([
    ['redirects', () => ({ status: 302, headers: { location: 'http://127.0.0.1:9/' } }), 7],
    ['says it is another', (_path, issuer) => ({ body: described(issuer, { issuer: 'https://id.example.com' }) }), 7],
    ['does not speak JSON', () => ({ body: `{"token": "${SECRET}` }), 7],
    ['is not there', () => ({ status: 404, body: SECRET }), 7],
    ['has no device grant', (_path, issuer) => ({ body: { issuer, token_endpoint: `${issuer}/token` } }), 2],
    [
      'names an address without TLS',
      (_path, issuer) => ({ body: described(issuer, { device_authorization_endpoint: 'http://id.example.com/d' }) }),
      2,
    ],
    [
      'refuses the client',
      (path, issuer) =>
        isDiscovery(path)
          ? { body: described(issuer) }
          : { status: 401, body: { error: 'unauthorized_client', error_description: SECRET } },
      2,
    ],
    ['gives a code that is none', (path, issuer) => ({ body: isDiscovery(path) ? described(issuer) : { device_code: SECRET } }), 7],
    [
      'gives a token that cannot be sent',
      (path, issuer) => {
        if (isDiscovery(path)) return { body: described(issuer) };
        return { body: path === '/device' ? device : { access_token: `${SECRET} with blanks`, token_type: 'bearer' } };
      },
      2,
    ],
  ])('%s: said in our words, and nothing leaks', (_what, answer, exitCode) =>
    withProvider(answer, async (issuer) => {
      const terminal = recordingTerminal();
      expect(await failureOf(loginWithDevice(terminal, wanted(issuer)))).toMatchObject({ exitCode });
      expect(terminal.stdout + terminal.stderr).not.toContain(SECRET);
    }),
  );

  test('what it wants shown is cleaned; what it is asked for names the audience', () =>
    withProvider(
      (path, issuer) => {
        if (isDiscovery(path)) return { body: described(issuer) };
        return { body: path === '/device' ? device : { access_token: SECRET, token_type: 'bearer', expires_in: 60, refresh_token: 'r1' } };
      },
      async (issuer, seen) => {
        const terminal = recordingTerminal();
        const login = await loginWithDevice(terminal, { ...wanted(issuer), audience: 'https://b.example' });
        expect(login).toMatchObject({ token: SECRET, refreshToken: 'r1', expiresAtMs: expect.any(Number) as unknown });
        expect(terminal.stderr).not.toMatch(/[\u001b\u0007]/);
        expect(terminal.stderr).toContain('A-B');
        for (const path of ['/device', '/token'])
          expect(seen.find((line) => line.startsWith(path))).toMatch(/audience=https%3A%2F%2Fb.example.*resource=https%3A%2F%2Fb.example/);
      },
    ));

  test('a renewal that fails does not end a token that still counts, and a token that ended is not sent', () =>
    withProvider(
      (path, issuer) => (isDiscovery(path) ? { body: described(issuer) } : { status: 400, body: { error: 'invalid_grant' } }),
      async (issuer) => {
        const login = {
          kind: 'issued',
          issuer,
          clientId: 'cli',
          uses: 'access-token',
          token: SECRET,
          refreshToken: 'r0',
          savedAtMs: 1,
        } as const;
        await keep({ ...login, expiresAtMs: Date.now() + 20_000 });
        expect(await currentLogin(logins, API)).toMatchObject({ token: SECRET });
        await keep({ ...login, expiresAtMs: Date.now() - 1 });
        expect(await failureOf(currentLogin(logins, API))).toMatchObject({
          exitCode: 2,
          remedy: `Log in again: breakwater login --api ${API}`,
        });
        expect(await logins.of(API)).toMatchObject({ refreshToken: 'r0' });
      },
    ));
});
