import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { createSignApproval } from '../../src/http/sign-approval.ts';
import { makeApprovalKeys, type ApprovalKeys } from '../support/approval-keys.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const statement = {
  kind: 'approval' as const,
  sub: 'corp:bob',
  principal: 'person' as const,
  roles: ['approver' as const],
  workflowId: 'kill.x.1',
  asking: { number: 1, what: 'start', runId: 'r-1', digest: 'd'.repeat(64), policy: 'p'.repeat(64), population: 5 },
};
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

let keys: ApprovalKeys;
beforeEach(async () => {
  keys = await makeApprovalKeys();
});
afterEach(() => {
  keys.remove();
});

const verify = (token: string, nowMs = NOW) => keys.approvals.verify(token, nowMs);
const signed = (nowMs = NOW, key = keys.key) => createSignApproval(key, () => nowMs)(statement);
/** Claims that would count, were they signed. */
const claims = { ...statement, iss: 'breakwater', jti: 'j', iat: NOW / 1_000, exp: NOW / 1_000 + 900 };

test('what the API has signed is proven, with the key that has signed it', async () => {
  const token = await signed();
  expect(await verify(token)).toMatchObject({ statement, keyId: keys.key.keyId });
  expect(await keys.approvals.problem()).toBeUndefined();
});

test('one changed letter anywhere, and nothing is proven', async () => {
  const token = await signed();
  // Not the last letter: four of its six bits mean nothing.
  for (let at = 0; at < token.length - 1; at += 7) {
    const other = token[at] === 'A' ? 'B' : 'A';
    const changed = token.slice(0, at) + other + token.slice(at + 1);
    expect(await verify(changed)).toHaveProperty('why');
  }
});

test('times are those of the worker: late, early, and longer than is ever signed', async () => {
  const token = await signed();
  expect(await verify(token, NOW + 14 * 60_000)).toHaveProperty('statement');
  expect(await verify(token, NOW + 16 * 60_000)).toEqual({ why: 'it has expired: approve again' });
  expect(await verify(token, NOW - 60_000)).toEqual({ why: "its 'iat' is not right" });
  const header = { alg: 'EdDSA', typ: 'breakwater-approval+jwt', kid: keys.key.keyId };
  const forYears = await new SignJWT({ ...claims, exp: NOW / 1_000 + 1e8 }).setProtectedHeader(header).sign(keys.key.privateKey);
  expect(await verify(forYears, NOW + 3_600_000)).toHaveProperty('why');
});

describe('forgeries', () => {
  const header = (changes: object) => ({ alg: 'EdDSA', typ: 'breakwater-approval+jwt', kid: keys.key.keyId, ...changes });

  test('alg none, in every spelling, with and without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', ''])
      for (const signature of ['', 'AAAA'])
        expect(await verify(`${base64(header({ alg }))}.${base64(claims)}.${signature}`)).toHaveProperty('why');
  });

  test('the public key as the secret of an HMAC', async () => {
    const pem = readFileSync(keys.publicFile);
    for (const alg of ['HS256', 'EdDSA']) {
      const head = `${base64(header({ alg }))}.${base64(claims)}`;
      for (const secret of [pem, pem.toString().trim(), keys.key.publicKey.export({ type: 'spki', format: 'der' })])
        expect(await verify(`${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`)).toHaveProperty('why');
    }
  });

  test("another's key, also under the id of ours, and one that it brings along", async () => {
    const { key } = await keys.another('other');
    const sign = (head: object) => new SignJWT(claims).setProtectedHeader(head as { alg: string }).sign(key.privateKey);
    expect(await verify(await signed(NOW, key))).toMatchObject({
      why: expect.stringContaining('not among BREAKWATER_APPROVAL_PUBLIC_KEYS') as unknown,
    });
    expect(await verify(await sign(header({})))).toEqual({ why: 'its signature is not right' });
    const jwk = key.publicKey.export({ format: 'jwk' });
    expect(await verify(await sign(header({ kid: 'mine', jwk })))).toHaveProperty('why');
    expect(await verify(await sign({ alg: 'EdDSA', typ: 'breakwater-approval+jwt', jwk }))).toHaveProperty('why');
  });

  test('what our key has signed, and is no approval', async () => {
    const sign = (payload: object, head = header({})) => new SignJWT({ ...payload }).setProtectedHeader(head).sign(keys.key.privateKey);
    expect(await verify(await sign(claims))).toHaveProperty('statement');
    for (const typ of ['JWT', undefined]) expect(await verify(await sign(claims, header({ typ })))).toHaveProperty('why');
    for (const changes of [
      { iss: 'other' },
      { kind: 'root' },
      { roles: ['king'] },
      { exp: undefined },
      { jti: undefined },
      { more: 1 },
      { asking: {} },
    ])
      expect(await verify(await sign({ ...claims, ...changes }))).toHaveProperty('why');
  });

  test('garbage of any size proves nothing, and is repeated by no message', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.base64String({ maxLength: 200 }), fc.constant('.'.repeat(5)), fc.constant('x'.repeat(1e6))),
        async (text) => {
          const answer = await verify(text);
          expect(Object.keys(answer)).toEqual(['why']);
          expect((answer as { why: string }).why.length).toBeLessThan(200);
        },
      ),
      { numRuns: 60 },
    ));
});

describe('keys', () => {
  test('rotation: both count while both are there, and the old one no more when it is taken out; no restart', async () => {
    const [old, { key, pem }] = [await signed(), await keys.another('next')];
    const next = await signed(NOW, key);
    const first = readFileSync(keys.publicFile, 'utf8');
    keys.trust(first, '\n# the next one\n', pem);
    for (const token of [old, next]) expect(await verify(token)).toHaveProperty('statement');
    keys.trust(pem);
    expect(await verify(old)).toHaveProperty('why');
    expect(await verify(next)).toHaveProperty('statement');
  });

  test('a file that is gone, empty, broken, or holds a private or another kind of key: nothing is proven, and no key is in a message', async () => {
    const token = await signed();
    const good = readFileSync(keys.publicFile, 'utf8');
    const secret = keys.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ type: 'spki', format: 'pem' }) as string;
    for (const text of [
      '',
      'no key',
      good + secret,
      secret,
      good + rsa,
      good.replace('END', 'FIN'),
      `${good}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n`,
    ]) {
      keys.trust(text);
      const answer = await verify(token);
      expect(answer).toMatchObject({ why: expect.stringContaining('the public keys of approvals cannot be read') as unknown });
      expect(JSON.stringify(answer)).not.toContain(secret.split('\n')[1]);
      expect(await keys.approvals.problem()).toBeDefined();
    }
    rmSync(keys.publicFile);
    expect(await verify(token)).toMatchObject({ why: expect.stringContaining('ENOENT') as unknown });
  });
});
