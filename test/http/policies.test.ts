import { join } from 'node:path';
import { openRego } from '../../src/policy/bundle/open.ts';
import { readPolicies } from '../../src/policy/folder.ts';
import { examples } from '../policy/set.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { bearer, withFakes, type FakeApi } from './fakes.ts';

const bundle = join(__dirname, '../policy/rego/decision.tar.gz');
const inForce = () => ({
  policies: () => readPolicies(examples),
  rego: openRego(bundle),
  siteEnvironments: { local: ['staging'] },
  opa: 'http://127.0.0.1:1/v1/data/x',
});
const document = (changes: object = {}) => {
  const whole = experimentDocument();
  return { ...whole, metadata: { ...(whole['metadata'] as object), ...changes } };
};
const ask = async ({ app }: FakeApi, who: string, method: 'GET' | 'POST', url: string, payload?: object) => {
  const answer = await app.inject({ method, url, headers: bearer(who), ...(payload && { payload }) });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
};
const evaluate = (api: FakeApi, who: string, payload: object) => ask(api, who, 'POST', '/v1/policies/test', payload);

test('the rules in force, with their digests, for whoever may look at anything', () =>
  withFakes(
    async (api) => {
      const { status, body } = await ask(api, 'viewer', 'GET', '/v1/policies');
      expect(status).toBe(200);
      expect(body).toMatchObject({
        asked: ['guardrails', 'files', 'rego'],
        notAsked: ['opa'],
        guardrails: expect.arrayContaining(['production-needs-approval', 'site-environment']) as unknown,
        files: {
          digest: readPolicies(examples).digest,
          rules: expect.arrayContaining([
            expect.objectContaining({ name: 'production/blast-radius', contact: 'sre-leads@example.com' }),
          ]) as unknown,
        },
        rego: { digest: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown },
      });
    },
    { policy: inForce() },
  ));

test('nothing configured: the guardrails alone; a folder that cannot be read is said, and denies', () =>
  withFakes(async (api) => {
    expect((await ask(api, 'viewer', 'GET', '/v1/policies')).body).toMatchObject({ asked: ['guardrails'], notAsked: [] });
    expect((await evaluate(api, 'operator', { document: document() })).body).toMatchObject({ allowed: true });
    await withFakes(
      async (wrong) => {
        const said = {
          status: 422,
          body: { detail: expect.stringContaining('every plan is denied until they can: no such folder') as unknown },
        };
        expect(await ask(wrong, 'viewer', 'GET', '/v1/policies')).toMatchObject(said);
        expect(await evaluate(wrong, 'operator', { document: document() })).toMatchObject(said);
      },
      { policy: { policies: () => Promise.reject(new Error('no such folder')) } },
    );
  }));

test('explains an experiment to whoever may plan it, and to nobody else; nothing is started', () =>
  withFakes(
    async (api) => {
      const explained = await evaluate(api, 'operator', { document: document(), at: '2026-11-24T10:00:00Z', wave: 'single' });
      expect(explained).toMatchObject({
        status: 200,
        body: { notAsked: ['opa'], bundle: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown, atMs: Date.UTC(2026, 10, 24, 10) },
      });
      expect((explained.body['rules'] as unknown[]).length).toBeGreaterThan(3);
      const weekend = await evaluate(api, 'operator', { document: document(), at: '2026-11-28T10:00:00Z' });
      const reason = expect.objectContaining({ reason: 'not at a weekend' }) as unknown;
      const denials = expect.arrayContaining([reason]) as unknown;
      expect(weekend.body).toMatchObject({ allowed: false, outside: [{ who: 'rego', denials }] });
      expect((weekend.body['denials'] as { reason: string }[]).map(({ reason }) => reason)).toContain('not at a weekend');
      expect((await evaluate(api, 'viewer', { document: document() })).status).toBe(403);
      expect((await evaluate(api, 'operator', { document: document({ environment: 'production' }) })).status).toBe(403);
      expect((await evaluate(api, 'operator', { document: document({ owner: 'search' }) })).status).toBe(403);
      expect((await evaluate(api, 'operator', { document: document(), wave: 'nonsense' })).status).toBe(400);
      expect((await evaluate(api, 'operator', { document: {} })).status).toBe(400);
      const foreign = await evaluate(api, 'admin', { document: document({ environment: 'development' }) });
      expect((foreign.body['denials'] as { rule: string }[]).map(({ rule }) => rule)).toContain('site-environment');
      expect(api.door.calls).toEqual([]);
    },
    { policy: inForce() },
  ));

test('cases come out as expected or not; they name no files, and are few', () =>
  withFakes(
    async (api) => {
      const cases = [
        { name: 'a site of another environment', given: { environment: 'production' }, expect: { deny: ['site-environment'] } },
        { name: 'no matter', given: { environment: 'staging' }, expect: 'allow' },
      ];
      const { status, body } = await evaluate(api, 'operator', { cases, at: '2026-11-24T10:00:00Z' });
      expect(status).toBe(200);
      expect(body['results']).toMatchObject([
        { name: 'a site of another environment', denied: expect.arrayContaining(['site-environment']) as unknown },
        { name: 'no matter' },
      ]);
      expect((await evaluate(api, 'viewer', { cases })).status).toBe(403);
      for (const wrong of [
        {},
        { cases, document: document() },
        { cases: [] },
        { cases: Array.from({ length: 21 }, () => cases[1]) },
        { cases: [{ name: 'a file', experiment: '../../../etc/passwd', expect: 'allow' }] },
      ])
        expect([wrong, (await evaluate(api, 'operator', wrong)).status]).toEqual([wrong, 400]);
    },
    { policy: { siteEnvironments: { local: ['staging'] } } },
  ));

test('more evaluations than there is room for are refused, and a policy without end frees its place', () =>
  withFakes(
    async (api) => {
      const one = () => evaluate(api, 'operator', { document: document({ service: 'endless' }) });
      const statuses = (await Promise.all([one(), one(), one()])).map(({ status }) => status).sort();
      expect(statuses).toEqual([200, 200, 429]);
      expect(await one()).toMatchObject({ status: 200, body: { allowed: false } });
    },
    { policy: { rego: openRego(bundle, 300) } },
  ));
