import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { AccessFile, rangeOf, readAccessFile } from '../../src/http/identity/access-file.ts';
import { createProxyTrust } from '../../src/http/identity/proxy.ts';
import { UsedTokens } from '../../src/http/identity/used-tokens.ts';
import { bearer, keyOf, withFakes } from './fakes.ts';

interface Pair {
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}
const pairOf = async (kid: string): Promise<Pair> => ({ kid, ...(await generateKeyPair('RS256', { extractable: true })) });

/** Two issuers with keys of their own, served as they would serve them. */
let server: Server;
let url: string;
const published: Record<string, Pair[]> = {};
let fetches = 0;
beforeAll(async () => {
  published['corp'] = [await pairOf('corp-1')];
  published['shop'] = [await pairOf('shop-1')];
  server = createServer((request, response) => {
    fetches++;
    const pairs = published[request.url?.slice(1) ?? ''];
    if (!pairs) return void response.writeHead(500).end();
    void Promise.all(pairs.map(async ({ kid, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg: 'RS256' }))).then((keys) =>
      response.end(JSON.stringify({ keys })),
    );
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const issuer = (name: string, more: object = {}) => ({
  name,
  issuer: `https://${name}.example`,
  audience: 'breakwater',
  jwks: `${url}/${name}`,
  grants: [{ claim: 'groups', value: 'oncall', role: 'operator', team: 'payments', environment: 'staging' }],
  ...more,
});
const accessWith = (more: object = {}) => AccessFile.parse({ issuers: [issuer('corp', more), issuer('shop')] });

interface Minted {
  pair?: Pair;
  claims?: JWTPayload;
  header?: object;
}
const nowS = (): number => Math.floor(Date.now() / 1_000);
const mint = ({ pair = published['corp']![0]!, claims = {}, header = {} }: Minted = {}): Promise<string> =>
  new SignJWT({ iss: 'https://corp.example', aud: 'breakwater', sub: 'ann', groups: ['oncall', 'x'], exp: nowS() + 600, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: pair.kid, ...header })
    .sign(pair.privateKey);
const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function me(token: string, access = accessWith(), headers: Record<string, string> = {}) {
  let answer: { status: number; body: Record<string, unknown> } = { status: 0, body: {} };
  await withFakes(
    async ({ app }) => {
      const { statusCode, body } = await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}`, ...headers } });
      expect(body).not.toContain(token.slice(0, 40));
      answer = { status: statusCode, body: JSON.parse(body) as Record<string, unknown> };
    },
    { access, jwksCooldownMs: 0 },
  );
  return answer;
}
const refused = (detail: RegExp) => ({ status: 401, body: { status: 401, detail: expect.stringMatching(detail) as unknown } });

describe('tokens', () => {
  test('a good one is its subject with the roles of its groups, until it expires', async () => {
    const exp = nowS() + 600;
    expect(await me(await mint({ claims: { exp } }))).toEqual({
      status: 200,
      body: {
        subject: 'corp:ann',
        kind: 'person',
        expiresAtMs: exp * 1_000,
        grants: [{ role: 'operator', team: 'payments', environment: 'staging' }],
      },
    });
  });

  test('groups that give no role give nothing', async () => {
    for (const groups of [undefined, [], ['on-call'], 'oncallx', { oncall: true }, [['oncall']]])
      expect(await me(await mint({ claims: { groups } }))).toMatchObject({ status: 200, body: { grants: [] } });
    expect(await me(await mint({ claims: { groups: 'oncall' } }))).toMatchObject({ body: { grants: [{ role: 'operator' }] } });
  });

  test.each<[string, Minted, RegExp]>([
    ['expired', { claims: { exp: nowS() - 31 } }, /expired/],
    ['without an end', { claims: { exp: undefined } as unknown as JWTPayload }, /'exp'/],
    ['not yet valid', { claims: { nbf: nowS() + 600 } }, /'nbf'/],
    ['for another audience', { claims: { aud: 'payroll' } }, /'aud'/],
    ['for no audience', { claims: { aud: undefined } as unknown as JWTPayload }, /'aud'/],
    ['of an unknown issuer', { claims: { iss: 'https://evil.example' } }, /issuer is not known/],
    ['of no issuer', { claims: { iss: undefined } as unknown as JWTPayload }, /issuer is not known/],
    ['without a subject', { claims: { sub: undefined } as unknown as JWTPayload }, /'sub'/],
    ['with a subject that breaks lines', { claims: { sub: 'ann\nadmin' } }, /'sub'/],
  ])('one that is %s is not accepted', async (_what, minted, why) => {
    expect(await me(await mint(minted))).toMatchObject(refused(why));
  });

  test('alg none, whatever its case, is not accepted', async () => {
    const claims = { iss: 'https://corp.example', aud: 'breakwater', sub: 'ann', exp: nowS() + 600 };
    for (const alg of ['none', 'None', 'NONE'])
      for (const signature of ['', 'AAAA'])
        expect(await me(`${b64({ alg, kid: 'corp-1' })}.${b64(claims)}.${signature}`)).toMatchObject(refused(/algorithm|no valid/));
  });

  test('HS256 with the public key as the secret is not accepted', async () => {
    const secret = new TextEncoder().encode(await exportSPKI(published['corp']![0]!.publicKey));
    const token = await new SignJWT({ iss: 'https://corp.example', aud: 'breakwater', sub: 'ann', exp: nowS() + 600 })
      .setProtectedHeader({ alg: 'HS256', kid: 'corp-1' })
      .sign(secret);
    expect(await me(token)).toMatchObject(refused(/algorithm/));
  });

  test('an algorithm that is sound but not the pinned one is not accepted', async () => {
    expect(await me(await mint(), accessWith({ algorithms: ['ES256'] }))).toMatchObject(refused(/algorithm/));
  });

  test("the key of another issuer signs nothing for this one, even under this one's key id", async () => {
    const [shop] = published['shop']!;
    expect(await me(await mint({ pair: shop! }))).toMatchObject(refused(/key that its issuer does not have/));
    expect(await me(await mint({ pair: { ...shop!, kid: 'corp-1' } }))).toMatchObject(refused(/no valid signed token/));
  });

  test('a tampered one is not accepted', async () => {
    const [header, payload, signature] = (await mint()).split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    for (const token of [
      `${header}.${b64({ ...claims, sub: 'root' })}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.e30.${signature}`,
      '..',
      'a.b.c',
    ])
      expect(await me(token)).toMatchObject({ status: 401 });
  });

  test('keys in the header of the token are not looked at', async () => {
    const mine = await pairOf('corp-1');
    const jwk = await exportJWK(mine.publicKey);
    expect(await me(await mint({ pair: mine, header: { jwk, jku: 'http://127.0.0.1:9/evil' } }))).toMatchObject(refused(/no valid/));
  });

  test('a key that appeared since is found, one that is gone is not taken any more', async () => {
    const [old, fresh] = [published['corp']![0]!, await pairOf('corp-2')];
    await withFakes(
      async ({ app }) => {
        const ask = async (pair: Pair) =>
          (await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${await mint({ pair })}` } })).statusCode;
        expect([await ask(old), await ask(fresh)]).toEqual([200, 401]);
        published['corp'] = [fresh];
        expect([await ask(fresh), await ask(old)]).toEqual([200, 401]);
        published['corp'] = [old];
      },
      { access: accessWith(), jwksCooldownMs: 0 },
    );
  });

  test('unknown key ids do not have the keys fetched again and again', async () => {
    const stranger = await pairOf('nobody-knows');
    await withFakes(
      async ({ app }) => {
        const before = fetches;
        for (let i = 0; i < 5; i++)
          await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${await mint({ pair: { ...stranger, kid: `k${i}` } })}` } });
        expect(fetches - before).toBe(1);
      },
      { access: accessWith() },
    );
  });

  test('an issuer that gives no keys is not the fault of the caller, and nobody gets in', async () => {
    expect(await me(await mint(), accessWith({ jwks: `${url}/nowhere` }))).toMatchObject({ status: 503 });
  });

  test('a device is part of the principal, and must be what is required', async () => {
    const access = accessWith({ device: { claim: 'device_id', require: { device_managed: true } } });
    const token = (claims: JWTPayload) => mint({ claims });
    expect(await me(await token({ device_id: 'laptop-7', device_managed: true }), access)).toMatchObject({
      status: 200,
      body: { device: { id: 'laptop-7' } },
    });
    expect(await me(await token({ device_managed: true }), access)).toMatchObject(refused(/names no device/));
    expect(await me(await token({ device_id: 'laptop-7', device_managed: 'true' }), access)).toMatchObject(refused(/device_managed/));
    expect(await me(await token({ device_id: 'laptop-7' }), access)).toMatchObject(refused(/device_managed/));
  });
});

describe('tokens that count once', () => {
  const halt = (token: string) => ({
    method: 'POST' as const,
    url: '/v1/halt',
    headers: { authorization: `Bearer ${token}` },
    payload: { reason: 'x', environment: 'staging' },
  });
  const once = (more: object = {}) => ({
    access: accessWith({
      replay: 'refuse',
      grants: [{ claim: 'groups', value: 'oncall', role: 'operator', environment: 'staging' }],
      ...more,
    }),
    jwksCooldownMs: 0,
  });
  const wrong = (answer: { json(): unknown }): unknown => (answer.json() as { detail: unknown }).detail;

  test('a replayed one changes nothing a second time; it may look, and another one may act', () =>
    withFakes(async ({ app, door }) => {
      const token = await mint({ claims: { jti: 'one' } });
      for (let i = 0; i < 3; i++)
        expect((await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } })).statusCode).toBe(200);
      expect((await app.inject(halt(token))).statusCode).toBe(202);
      const again = await app.inject(halt(token));
      expect([again.statusCode, wrong(again)]).toEqual([401, expect.stringMatching(/was used before/)]);
      // the same name in another token of the same issuer is the same token
      expect((await app.inject(halt(await mint({ claims: { jti: 'one', exp: nowS() + 900 } })))).statusCode).toBe(401);
      expect((await app.inject(halt(await mint({ claims: { jti: 'two' } })))).statusCode).toBe(202);
      expect(door.calls.filter(([name]) => name === 'halt')).toHaveLength(2);
    }, once()));

  test('many at the same time are one', () =>
    withFakes(async ({ app, door }) => {
      const token = await mint({ claims: { jti: 'race' } });
      const statuses = (await Promise.all(Array.from({ length: 10 }, () => app.inject(halt(token))))).map(({ statusCode }) => statusCode);
      expect(statuses.filter((status) => status === 202)).toHaveLength(1);
      expect(door.calls).toHaveLength(1);
    }, once()));

  test.each([[undefined], [''], [7], ['x'.repeat(501)]])('one whose jti is %j changes nothing', (jti) =>
    withFakes(async ({ app, door }) => {
      const answer = await app.inject(halt(await mint({ claims: { jti } as never })));
      expect([answer.statusCode, wrong(answer)]).toEqual([401, expect.stringMatching(/'jti'/)]);
      expect(door.calls).toEqual([]);
    }, once()),
  );

  test('a token of an issuer that does not ask for it acts as often as it likes', () =>
    withFakes(
      async ({ app }) => {
        const token = await mint({ claims: { jti: 'one' } });
        for (let i = 0; i < 2; i++) expect((await app.inject(halt(token))).statusCode).toBe(202);
      },
      once({ replay: 'allow' }),
    ));

  test('what was used is remembered until nobody would take it, and no more than there is room for', () => {
    let atMs = 0;
    const used = new UsedTokens(() => atMs, 2);
    used.use('corp', 'a', 100);
    used.use('shop', 'a', 100);
    expect(() => used.use('corp', 'b', 100)).toThrow(/too many/);
    expect(() => used.use('corp', 'a', 100)).toThrow(/used before/);
    atMs = 100;
    used.use('corp', 'b', 200);
    expect(() => used.use('corp', 'b', 200)).toThrow(/used before/);
  });
});

describe('API keys', () => {
  test('a good one is its id', () =>
    withFakes(async ({ app }) => {
      expect((await app.inject({ url: '/v1/me', headers: bearer('viewer') })).json()).toMatchObject({
        subject: 'key:viewer',
        kind: 'service',
      });
    }));
  test.each([
    ['expired', keyOf('expired')],
    ['revoked', keyOf('revoked')],
    ['of nobody', keyOf('nobody')],
    ["with another one's id", keyOf('viewer').replace('viewer', 'admin')],
    ['cut short', keyOf('admin').slice(0, -1)],
    ['too long', `${keyOf('admin')}0`],
    ['the hash itself', 'bw_admin_' + '0'.repeat(64)],
    ['empty', 'bw_'],
  ])('one that is %s is not accepted, with the same sentence', (_what, given) =>
    withFakes(async ({ app }) => {
      const answer = await app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${given}` } });
      expect(answer.statusCode).toBe(401);
      expect(answer.json<{ detail: string }>().detail).toBe('the API key is not accepted: it is unknown, expired or revoked');
    }),
  );
});

describe('a trusted proxy', () => {
  const proxy = AccessFile.parse({
    proxy: {
      from: ['10.1.0.0/16', 'fd00::/8', '127.0.0.1'],
      subjectHeader: 'x-verified-subject',
      deviceHeader: 'x-client-certificate',
      subjects: [{ name: 'deployer', grants: [{ role: 'operator' }] }],
    },
  }).proxy!;
  const trust = createProxyTrust(proxy);
  const from = (remoteAddress: string | undefined, headers: Record<string, string | string[]> = {}) =>
    trust({
      headers: { 'x-verified-subject': 'deployer', 'x-client-certificate': 'sha256:ab', ...headers },
      socket: { remoteAddress },
    });

  test.each(['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', '127.0.0.1'])('from %s names who asks', (peer) => {
    expect(from(peer)).toMatchObject({ subject: 'proxy:deployer', kind: 'service', device: { id: 'sha256:ab' } });
  });
  test.each(['10.2.0.1', '::ffff:10.2.0.1', 'fe80::1', '::1', '', undefined])('from %s it is forged', (peer) => {
    expect(() => from(peer)).toThrow(/from the configured proxy only/);
  });
  test.each([['nobody'], ['deployer, root'], [''], ['__proto__']])('that names %j lets nobody in', (name) => {
    expect(() => from('10.1.2.3', { 'x-verified-subject': name })).toThrow(/nobody who is known/);
  });
  test('that names no device, or a device alone, lets nobody in', () => {
    expect(() => from('10.1.2.3', { 'x-client-certificate': '' })).toThrow(/names no device/);
    expect(() => trust({ headers: { 'x-client-certificate': 'a' }, socket: { remoteAddress: '10.1.2.3' } })).toThrow(/nobody who is known/);
  });
  test('two identities are none', () =>
    withFakes(
      async ({ app }) => {
        const said = { 'x-verified-subject': 'deployer', 'x-client-certificate': 'sha256:ab' };
        const ask = async (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
          (await app.inject({ url: '/v1/me', headers, remoteAddress })).statusCode;
        expect(await ask(said)).toBe(200);
        expect(await ask({ ...said, origin: 'https://evil.example' })).toBe(403);
        expect(await ask({ ...said, ...bearer('admin') })).toBe(401);
        expect(await ask(said, '192.0.2.1')).toBe(401);
        expect(await ask({})).toBe(401);
      },
      { access: AccessFile.parse({ proxy }) },
    ));
});

describe('the access file', () => {
  test.each([
    ['10.0.0.0/8', true],
    ['::1', true],
    ['0.0.0.0/0', false],
    ['::/0', false],
    ['10.0.0.0/33', false],
    ['example.com', false],
    ['10.0.0.0/', false],
  ])('range %s: %s', (text, isOne) => {
    expect(rangeOf(text) !== undefined).toBe(isOne);
  });

  const wrong: [what: string, text: string, why: RegExp][] = [
    ['nobody', '{}', /lets nobody in/],
    ['an unknown word', 'kyes: []', /kyes/],
    ['a key with its secret', `keys: [{ id: ci, secret: s, expires: 2099-01-01T00:00:00Z, grants: [{ role: admin }] }]`, /secret|sha256/],
    [
      'a role that is none',
      `keys: [{ id: ci, sha256: ${'0'.repeat(64)}, expires: 2099-01-01T00:00:00Z, grants: [{ role: local }] }]`,
      /role/,
    ],
    [
      'a symmetric algorithm',
      `issuers: [{ name: a, issuer: i, audience: b, jwks: "https://a", algorithms: [HS256], grants: [] }]`,
      /algorithms/,
    ],
    ...['git', 'sync', 'key', 'localhost'].map((name): [string, string, RegExp] => [
      `an issuer called ${name}, which others are`,
      `issuers: [{ name: ${name}, issuer: i, audience: b, jwks: "https://a", grants: [{ claim: c, value: v, role: admin }] }]`,
      /is taken: choose another name/,
    ]),
    ['keys over plain HTTP', `issuers: [{ name: a, issuer: i, audience: b, jwks: "http://idp.example/keys", grants: [] }]`, /https/],
    ['no YAML', '{', /cannot be read/],
  ];
  test.each(wrong)('with %s is refused', async (_what, text, why) => {
    const folder = await mkdtemp(join(tmpdir(), 'access-'));
    try {
      await writeFile(join(folder, 'access.yaml'), text);
      await expect(readAccessFile(join(folder, 'access.yaml'))).rejects.toThrow(why);
      await expect(readAccessFile(join(folder, 'none.yaml'))).rejects.toThrow(/BREAKWATER_ACCESS=.*none.yaml.*cannot be read/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
