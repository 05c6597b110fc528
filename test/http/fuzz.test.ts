import fc from 'fast-check';
import { experimentDocument } from '../workflows/harness/document.ts';
import { bearer, DIGEST, withFakes, type FakeApi } from './fakes.ts';

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, unknown>;
}
interface Schema {
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
}
interface Description {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

const describeApi = async ({ app }: FakeApi): Promise<Description> =>
  (await app.inject({ url: '/v1/openapi.json', headers: bearer('admin') })).json<Description>();

const propertiesOf = ({ properties, anyOf = [] }: Schema): string[] => [...Object.keys(properties ?? {}), ...anyOf.flatMap(propertiesOf)];

/** What a caller might really send, and what nobody should. */
const nasty = fc.constantFrom<unknown>(
  ...[
    null,
    '',
    '\u0000',
    '\r\nset-cookie: a=b',
    '../../etc/passwd',
    -1,
    1e400,
    2 ** 53,
    [],
    {},
    'x'.repeat(3_000),
    '__proto__',
    '${7*7}',
    true,
  ],
  ...[
    'staging',
    'production',
    'run.1',
    DIGEST,
    '0 10 * * 2',
    'Europe/Berlin',
    'because',
    experimentDocument(),
    experimentDocument({ waves: 'x' }),
  ],
);
const value = fc.oneof(nasty, fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary' }));
const text = fc.oneof(nasty.map(String), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }));

/** A body with some of the fields that the description names, and others. */
const bodyOf = ({ requestBody }: Operation): fc.Arbitrary<unknown> => {
  const names = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) => propertiesOf(schema));
  const near = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
  return fc.oneof(near, fc.jsonValue({ maxDepth: 4 }), fc.constant(undefined));
};

/** Legal as a header for whoever sends it: what is not never leaves the client. */
const headerText = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 300 });

const requestOf = (path: string, method: string, operation: Operation) =>
  fc.record({
    url: fc
      .tuple(
        fc.constant(path),
        fc.oneof(fc.constant('run.1'), text),
        fc.dictionary(fc.constantFrom(...(operation.parameters ?? []).map(({ name }) => name), 'x'), text, { maxKeys: 3 }),
      )
      .map(([pattern, id, query]) => `${pattern.replace(/\{\w+\}/g, encode(id) || 'x')}?${new URLSearchParams(query).toString()}`),
    method: fc.constant(method.toUpperCase() as 'GET'),
    who: fc.constantFrom('viewer', 'operator', 'approver', 'admin', 'other', 'expired'),
    payload: bodyOf(operation),
    headers: fc.record({ 'idempotency-key': headerText, 'last-event-id': headerText, accept: headerText }, { requiredKeys: [] }),
  });

/** Lone surrogates have no encoding. */
const encode = (raw: string): string => encodeURIComponent(Buffer.from(raw).toString()).slice(0, 900).replace(/%.?$/, '');

test(
  'every route, whatever is sent: no 5xx, only problems, no stack, nothing of ours in the headers',
  () =>
    withFakes(
      async (api) => {
        const { openapi, paths } = await describeApi(api);
        expect(openapi).toBe('3.1.0');
        api.door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
        api.door.states.set('run.1', { ...(await api.door.status('run.1')), phase: 'closed' });
        for (const [path, operations] of Object.entries(paths))
          for (const [method, operation] of Object.entries(operations))
            await fc.assert(
              fc.asyncProperty(requestOf(path, method, operation), async ({ url, method: verb, who, payload, headers }) => {
                const answer = await api.app.inject({
                  ...{
                    url,
                    method: verb,
                    headers: { ...bearer(who), ...headers, ...(payload !== undefined && { 'content-type': 'application/json' }) },
                  },
                  ...(payload !== undefined && { payload: JSON.stringify(payload) }),
                });
                expect(answer.statusCode).toBeLessThan(500);
                expect(answer.headers).not.toHaveProperty('set-cookie');
                if (answer.statusCode < 400) return;
                expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
                expect(Object.keys(answer.json<object>()).sort()).toEqual(['detail', 'status', 'title', 'type']);
                expect(answer.body).not.toMatch(/\\n\s+at |node_modules|\.ts:\d/);
              }),
              { numRuns: 40 },
            );
      },
      { limits: { perAddress: 1e9, perPrincipal: 1e9 } },
    ),
  120_000,
);

test('the description has every route, and each of them its answers', () =>
  withFakes(async (api) => {
    const { paths } = await describeApi(api);
    expect(
      Object.entries(paths)
        .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`))
        .sort(),
    ).toEqual([
      'DELETE /v1/halt',
      'DELETE /v1/schedules/{name}',
      'GET /healthz',
      'GET /metrics',
      'GET /v1/audit',
      'GET /v1/audit/head',
      'GET /v1/experiments',
      'GET /v1/findings',
      'GET /v1/halt',
      'GET /v1/leftovers',
      'GET /v1/me',
      'GET /v1/openapi.json',
      'GET /v1/policies',
      'GET /v1/runs',
      'GET /v1/runs/{id}',
      'GET /v1/runs/{id}/events',
      'GET /v1/runs/{id}/report',
      'GET /v1/schedules',
      'GET /v1/schedules/calendar',
      'GET /v1/schedules/calendar.ics',
      'GET /v1/schedules/{name}',
      'POST /v1/halt',
      'POST /v1/incidents',
      'POST /v1/plan',
      'POST /v1/policies/test',
      'POST /v1/runs',
      'POST /v1/runs/{id}/abort',
      'POST /v1/runs/{id}/approve',
      'POST /v1/runs/{id}/leftovers/clear',
      'POST /v1/runs/{id}/pause',
      'POST /v1/runs/{id}/reject',
      'POST /v1/runs/{id}/resume',
      'POST /v1/schedules',
      'POST /v1/schedules/{name}/pause',
      'POST /v1/schedules/{name}/resume',
      'POST /v1/schedules/{name}/trigger',
    ]);
    for (const operation of Object.values(paths).flatMap((operations) => Object.values(operations)))
      expect(Object.keys(operation.responses).some((status) => /^2/.test(status))).toBe(true);
  }));

test('without a known caller every route but health is a 401, whatever is sent', () =>
  withFakes(async (api) => {
    const { paths } = await describeApi(api);
    for (const [path, operations] of Object.entries(paths))
      for (const method of Object.keys(operations)) {
        const url = path.replace(/\{\w+\}/g, 'x');
        const answer = await api.app.inject({ method: method.toUpperCase() as 'GET', url, headers: bearer('nobody') });
        expect([url, answer.statusCode]).toEqual([url, path === '/healthz' ? 200 : 401]);
      }
    expect(api.door.calls).toEqual([]);
  }));

test('what is nested to overflow a stack is refused', () =>
  withFakes(async ({ app }) => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const payload of [`{"document":{"a":${deep}}}`, deep, `{"document":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`]) {
      const headers = { ...bearer('admin'), 'content-type': 'application/json', 'idempotency-key': 'build-4711' };
      for (const url of ['/v1/plan', '/v1/runs', '/v1/schedules', '/v1/incidents'])
        expect((await app.inject({ method: 'POST', url, headers, payload })).statusCode).toBe(400);
    }
  }));
