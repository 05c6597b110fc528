import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { keyOf, DIGEST, access as keysOnly } from '../http/fakes.ts';
import { startOidcProvider, type OidcProvider } from '../support/oidc.ts';
import { containing } from '../workflows/harness/expectations.ts';
import { buildWhenStale } from './command.ts';
import { deskAt, logIn, newDesk, trusting, withApi, type Desk } from './login-harness.ts';

const RUN = 'run.1';
const SHORT_S = 4;
/** Long enough for an answer of a busy machine to reach the API in time. */
const RENEWING_S = 8;

let provider: OidcProvider;
let hasty: OidcProvider;
let renewing: OidcProvider;
const desks: Desk[] = [];
const desk = (at: OidcProvider, api: string): Desk => {
  const made = deskAt(at, api);
  desks.push(made);
  return made;
};
const counted = async (at: OidcProvider, name: string): Promise<number> => (await at.counts())[name] ?? 0;

beforeAll(async () => {
  buildWhenStale();
  [provider, hasty, renewing] = await Promise.all([
    startOidcProvider(),
    startOidcProvider({ codeSeconds: 7 }),
    startOidcProvider({ tokenSeconds: RENEWING_S }),
  ]);
}, 180_000);
afterAll(async () => {
  await Promise.all([provider, hasty, renewing].map((each) => each.stop()));
  for (const each of desks) each.remove();
});

describe('login, whoami, logout', () => {
  test(
    'somebody logs in, is who they are, approves as that, and logs out',
    () =>
      withApi({ access: trusting(provider) }, async (url, api) => {
        const ann = desk(provider, url);
        const entered = await logIn(ann);
        expect(entered).toMatchObject({ code: 0, stdout: containing('corp:ann (person)') });
        expect(entered.stderr).toContain(`Open ${provider.issuer}/device in a browser`);
        expect(statSync(ann.file).mode & 0o777).toBe(0o600);
        expect(statSync(ann.folder).mode & 0o777).toBe(0o700);
        expect(ann.kept()).toEqual({ [url]: containingFields({ kind: 'issued', issuer: provider.issuer, uses: 'access-token' }) });

        const who = await ann.call(['whoami', '-o', 'json']);
        expect(JSON.parse(who.stdout)).toEqual({
          ...{ api: url, subject: 'corp:ann', kind: 'person', identity: 'login', issuer: provider.issuer, renews: true },
          expiresAtMs: expect.any(Number) as unknown,
          grants: [
            { role: 'approver', team: 'payments', environment: 'staging' },
            { role: 'viewer', team: '*', environment: '*' },
          ],
        });

        api.door.runs.set(RUN, { owner: 'payments', environment: 'staging' });
        const waits = { phase: 'awaiting-approval' as const, awaiting: 'start', digest: DIGEST };
        api.door.states.set(RUN, { ...(await api.door.status(RUN)), ...waits });
        expect((await ann.call(['approve', RUN, '--digest', DIGEST])).code).toBe(0);
        expect(api.door.calls.at(-1)).toMatchObject(['approve', RUN, { by: 'corp:ann' }]);

        // What the environment says goes before the login.
        const key = { env: { BREAKWATER_API_IDENTITY: keyOf('viewer') } };
        expect(await ann.call(['whoami'], key)).toMatchObject({ code: 2, stderr: containing('Correct BREAKWATER_API_IDENTITY') });
        // A login is for its API alone, by whatever path it is written.
        expect((await ann.call(['whoami', '--api', `${url}/`])).code).toBe(0);
        const elsewhere = url.replace('127.0.0.1', 'localhost');
        expect(await ann.call(['whoami', '--api', elsewhere])).toMatchObject({ code: 2, stderr: containing('not logged in') });

        const revoked = await counted(provider, 'grant.revoked');
        expect(await ann.call(['logout'])).toMatchObject({ code: 0, stderr: containing('renews it no more') });
        expect(await counted(provider, 'grant.revoked')).toBe(revoked + 1);
        expect(ann.kept()).toEqual({});
        expect(await ann.call(['whoami'])).toMatchObject({ code: 2, stderr: containing(`breakwater login --api ${url}`) });
        expect(await ann.call(['logout'])).toMatchObject({ code: 0, stderr: containing('were not logged in') });
      }),
    90_000,
  );

  test('where access tokens say nothing, the API gets the id_token, and one is told so', async () => {
    const opaque = await startOidcProvider({ areTokensOpaque: true });
    try {
      await withApi({ access: trusting(opaque, 'breakwater-cli') }, async (url) => {
        const ann = desk(opaque, url);
        const [without, with_] = [await logIn(ann), await logIn(ann, { args: ['--use-id-token'] })];
        expect(without).toMatchObject({ code: 2, stdout: '', stderr: containing('wants --use-id-token') });
        expect(with_).toMatchObject({ code: 0, stdout: containing('corp:ann') });
        expect(ann.kept()![url]).toMatchObject({ uses: 'id-token' });
      });
    } finally {
      await opaque.stop();
    }
  }, 60_000);

  test(
    'whom the API does not know is not kept, and renewed no more; nor where an API asks nobody who they are',
    () =>
      withApi({ access: keysOnly }, async (url) => {
        const ann = desk(provider, url);
        const revoked = await counted(provider, 'grant.revoked');
        expect(await logIn(ann)).toMatchObject({ code: 2, stdout: '', stderr: containing(`Not kept: ${url} does not know this login`) });
        expect(ann.kept()).toBeUndefined();
        expect(await counted(provider, 'grant.revoked')).toBe(revoked + 1);
        await withApi({ access: undefined as never }, async (local) => {
          const said = { code: 2, stderr: containing('takes no login: to it you are localhost') };
          expect(await ann.call(['login', '--api', local])).toMatchObject(said);
        });
      }),
    90_000,
  );

  test(
    'denied, too late, interrupted: each says so, and nothing is kept',
    () =>
      withApi({ access: trusting(provider) }, async (url) => {
        const [denied, late, away] = [desk(provider, url), desk(hasty, url), desk(provider, url)];
        const [first, second, third] = await Promise.all([
          logIn(denied, { denies: true }),
          late.call(['login']),
          (async () => {
            const running = away.start(['login']);
            await running.says('Ctrl-C ends it');
            const fromMs = Date.now();
            running.child.kill('SIGINT');
            const ended = await running.ended;
            expect(Date.now() - fromMs).toBeLessThan(3_000);
            return ended;
          })(),
        ]);
        expect(first).toMatchObject({ code: 5, stdout: '', stderr: containing('denied at') });
        expect(second).toMatchObject({ code: 124, stdout: '', stderr: containing('not entered within 7 s') });
        expect(third).toMatchObject({ code: 130, stdout: '', stderr: containing('Not logged in.') });
        expect([denied, late, away].map((each) => each.kept())).toEqual([undefined, undefined, undefined]);
      }),
    90_000,
  );
});

describe('a token that has expired', () => {
  test(
    'is renewed once, however many ask at the same time, and what the provider gives anew is kept',
    () =>
      withApi({ access: trusting(provider) }, async (url) => {
        const ann = desk(provider, url);
        expect((await logIn(ann)).code).toBe(0);
        const before = ann.kept()![url]!;
        writeFileSync(ann.file, JSON.stringify({ version: 1, logins: { [url]: { ...before, expiresAtMs: Date.now() } } }));
        const renewals = await counted(provider, 'grant.success:refresh_token');
        const all = await Promise.all(Array.from({ length: 5 }, () => ann.call(['whoami', '-o', 'json'])));
        expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(all.map(() => ({ code: 0, stderr: '' })));
        expect((await counted(provider, 'grant.success:refresh_token')) - renewals).toBe(1);
        const after = ann.kept()![url]!;
        expect(after['refreshToken']).not.toBe(before['refreshToken']);
        expect(after['token']).not.toBe(before['token']);
      }),
    90_000,
  );

  test(
    'by the clock, is renewed again and again: the provider takes a refresh token that comes twice for stolen',
    () =>
      withApi({ access: trusting(renewing) }, async (url) => {
        const ann = desk(renewing, url);
        expect((await logIn(ann)).code).toBe(0);
        for (let round = 0; round < 2; round++) {
          await delay(RENEWING_S * 1_000);
          const { token } = ann.kept()![url]!;
          const both = await Promise.all([ann.call(['whoami']), ann.call(['whoami'])]);
          expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual(both.map(() => ({ code: 0, stderr: '' })));
          expect(ann.kept()![url]!['token']).not.toBe(token);
        }
        expect(await counted(renewing, 'grant.error:refresh_token')).toBe(0);
      }),
    90_000,
  );

  test('and that nothing renews: told so, with what to do; a provider that is down is another matter, and the login stays', async () => {
    let at = await startOidcProvider({ tokenSeconds: SHORT_S });
    try {
      await withApi({ access: trusting(at) }, async (url) => {
        const [ann, ben] = [desk(at, url), desk(at, url)];
        await Promise.all([logIn(ann), logIn(ben, { args: ['--scope', 'openid'] })]);
        expect(ben.kept()![url]).not.toHaveProperty('refreshToken');
        await delay(SHORT_S * 1_000);
        await at.stop();
        const kept = ann.kept();
        expect(await ann.call(['whoami'])).toMatchObject({
          code: 7,
          stderr: containing(`cannot be reached at ${at.issuer}: ECONNREFUSED`),
        });
        expect(ann.kept()).toEqual(kept);
        expect(await ann.call(['login'])).toMatchObject({ code: 7, stderr: containing('cannot be reached at') });
        expect(await ben.call(['whoami'])).toMatchObject({ code: 2, stderr: containing('nothing to renew it with') });
        at = await startOidcProvider({ port: at.port }); // it has forgotten everything
        expect(await ann.call(['whoami'])).toMatchObject({ code: 2, stderr: containing('is over') });
        await at.stop();
        expect(await ann.call(['logout'])).toMatchObject({ code: 0, stderr: containing('could not be told') });
        expect(ann.kept()).toEqual({});
      });
    } finally {
      await at.stop();
    }
  }, 60_000);
});

describe('--with-token', () => {
  test(
    'keeps what is piped in, when the API knows it',
    () =>
      withApi({ access: keysOnly }, async (url) => {
        const machine = newDesk({ BREAKWATER_API_URL: url });
        desks.push(machine);
        const refusals: [string | undefined, string][] = [
          [undefined, 'What came on stdin is no token'],
          ['', 'What came on stdin is no token'],
          ['two words', 'What came on stdin is no token'],
          ['x'.repeat(40_000), 'What came on stdin is no token'],
          [`${keyOf('nobody')}\n`, 'does not know this login'],
          [keyOf('expired'), 'does not know this login'],
        ];
        for (const [input, said] of refusals)
          expect(await machine.call(['login', '--with-token'], { ...(input !== undefined && { input }) })).toMatchObject({
            code: 2,
            stdout: '',
            stderr: containing(said),
          });
        expect(machine.kept()).toBeUndefined();
        expect(await machine.call(['login', '--with-token', '--issuer', 'https://id.example.com'], { input: 'x' })).toMatchObject({
          code: 2,
        });
        expect(await machine.call(['login', '--with-token'], { input: `${keyOf('viewer')}\n` })).toMatchObject({
          code: 0,
          stdout: containing('key:viewer'),
        });
        expect(machine.kept()).toEqual({ [url]: containingFields({ kind: 'given', token: keyOf('viewer') }) });
        expect(JSON.parse((await machine.call(['whoami', '-o', 'json'])).stdout)).toMatchObject({ subject: 'key:viewer', renews: false });
        expect(await machine.call(['logout'])).toMatchObject({ code: 0, stderr: containing('still counts') });
      }),
    90_000,
  );

  test(
    'a file that others can read, or that is none, is refused before anything is sent, and not overwritten',
    () =>
      withApi({ access: keysOnly }, async (url) => {
        const machine = newDesk({ BREAKWATER_API_URL: url });
        desks.push(machine);
        await machine.call(['login', '--with-token'], { input: keyOf('viewer') });
        const good = { version: 1, logins: machine.kept() };
        const files: [mode: number, text: string, said: string][] = [
          [0o644, JSON.stringify(good), 'chmod 600'],
          [0o640, JSON.stringify(good), 'chmod 600'],
          [0o600, `{"version":1,"logins":${keyOf('admin')}`, 'is not a file of logins'],
          [0o600, JSON.stringify({ version: 2, logins: {} }), 'is not a file of logins, at version'],
          [
            0o600,
            JSON.stringify({ version: 1, logins: { [url]: { kind: 'given', token: `${keyOf('admin')} x`, savedAtMs: 1 } } }),
            'token',
          ],
          [0o600, '', 'is not a file of logins'],
        ];
        for (const [mode, text, said] of files) {
          writeFileSync(machine.file, text);
          chmodSync(machine.file, mode);
          const acts: [string[], string?][] = [
            [['whoami']],
            [['login', '--with-token'], keyOf('viewer')],
            [['logout']],
            [['approve', RUN, '--yes']],
          ];
          for (const [args, input] of acts)
            expect(await machine.call(args, { ...(input !== undefined && { input }) })).toMatchObject({
              code: 2,
              stdout: '',
              stderr: containing(said),
            });
          expect(statSync(machine.file)).toMatchObject({ size: Buffer.byteLength(text) });
        }
        writeFileSync(machine.file, JSON.stringify(good));
        chmodSync(machine.file, 0o600);
        chmodSync(machine.folder, 0o777);
        expect(await machine.call(['whoami'])).toMatchObject({ code: 2, stderr: containing(`chmod 700 ${machine.folder}`) });
      }),
    90_000,
  );
});

const containingFields = (fields: object): unknown => expect.objectContaining(fields);
