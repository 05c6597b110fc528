import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { request } from 'node:http';
import { bearer, keyOf, withFakes, type FakeApi } from './fakes.ts';

/** Listens on a port of its own. */
async function listen({ app }: FakeApi): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** Writes what is no use to `fetch`, and reads all that comes back. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  await once(socket, 'close');
  return answer;
}
const head = (line: string, ...headers: string[]): string =>
  [line, 'host: localhost', `authorization: Bearer ${keyOf('admin')}`, ...headers, '', ''].join('\r\n');
const problem = (status: number) =>
  new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*content-type: application/problem\\+json[\\s\\S]*"status":${status}`);

test('a body that does not arrive in time is a 408, and the connection is closed', () =>
  withFakes(
    async (api) => {
      const port = await listen(api);
      const answer = await raw(port, `${head('POST /v1/halt HTTP/1.1', 'content-type: application/json', 'content-length: 1000')}{"by"`);
      expect(answer).toMatch(problem(408));
      expect(api.door.calls).toEqual([]);
    },
    { limits: { requestWithinMs: 300 } },
  ));

test('what is no HTTP, or too large a head, is a problem too', () =>
  withFakes(async (api) => {
    const port = await listen(api);
    expect(await raw(port, 'hello\r\n\r\n')).toMatch(problem(400));
    expect(await raw(port, head('GET /v1/me HTTP/1.1', `x: ${'y'.repeat(20_000)}`))).toMatch(problem(431));
    expect(await raw(port, head('POST /v1/halt HTTP/1.1', 'content-length: 5', 'transfer-encoding: chunked'))).toMatch(problem(400));
  }));

test('the description names the answer to too large a head, for every route that people use', () =>
  withFakes(async (api) => {
    const { paths } = (await api.app.inject({ url: '/v1/openapi.json', headers: bearer('admin') })).json<{
      paths: Record<string, Record<string, { responses: object }>>;
    }>();
    const operations = Object.entries(paths).filter(([path]) => path.startsWith('/v1/'));
    expect(operations.length).toBeGreaterThan(20);
    for (const [, methods] of operations) for (const { responses } of Object.values(methods)) expect(responses).toHaveProperty('431');
  }));

test('a header never breaks out of its line', () =>
  withFakes(async (api) => {
    const port = await listen(api);
    const answer = await raw(port, head('GET /v1/runs/x%0d%0aset-cookie:%20a=b HTTP/1.1', 'connection: close', 'x-request-id: a\tb'));
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer.split('\r\n\r\n')[0]).not.toMatch(/set-cookie/i);
    expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}\r\n/);
  }));

test.each([
  ['/v1/incidents', 1_100_000],
  ['/v1/plan', 600_000],
])('%s takes no %i bytes', (url, bytes) =>
  withFakes(async ({ app, door }) => {
    const payload = JSON.stringify({ reason: 'x'.repeat(bytes) });
    const answer = await app.inject({ method: 'POST', url, headers: { ...bearer('admin'), 'content-type': 'application/json' }, payload });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([413, 'application/problem+json; charset=utf-8']);
    expect(door.calls).toEqual([]);
  }),
);

describe('too many requests', () => {
  const ask = async ({ app }: FakeApi, who: string, url = '/v1/me', method: 'GET' | 'POST' = 'GET') =>
    (
      await app.inject({
        method,
        url,
        headers: { ...bearer(who), 'content-type': 'application/json' },
        ...(method === 'POST' && { payload: '{}' }),
      })
    ).statusCode;

  test('of one principal are refused, and nobody else suffers', () =>
    withFakes(
      async (api) => {
        api.door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
        expect([await ask(api, 'operator'), await ask(api, 'operator'), await ask(api, 'operator')]).toEqual([200, 200, 429]);
        expect(await ask(api, 'viewer')).toBe(200);
        expect(await ask(api, 'operator', '/v1/runs/run.1/pause', 'POST')).toBe(429);
        expect(await ask(api, 'operator', '/v1/runs/run.1/abort', 'POST')).toBe(200); // what stops something is never too much
        expect((await api.app.inject('/healthz')).statusCode).toBe(200);
      },
      { limits: { perPrincipal: 2 } },
    ));

  test('of one address are refused before anybody looks at who it says it is', () =>
    withFakes(
      async (api) => {
        expect([await ask(api, 'nobody'), await ask(api, 'nobody'), await ask(api, 'nobody')]).toEqual([401, 401, 429]);
        const elsewhere = await api.app.inject({ url: '/v1/me', headers: bearer('viewer'), remoteAddress: '192.0.2.7' });
        expect(elsewhere.statusCode).toBe(200);
      },
      { limits: { perAddress: 2 } },
    ));
});

test('it ends while somebody watches, and what is under way is answered', () =>
  withFakes(async (api) => {
    const port = await listen(api);
    api.door.runs.set('run.1', { owner: 'payments', environment: 'staging' });
    const watching = new Promise<string>((resolve, reject) => {
      request({ port, path: '/v1/runs/run.1/events', headers: bearer('viewer') }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          void api.app.close();
        });
        response.on('end', () => resolve(text));
      })
        .on('error', reject)
        .end();
    });
    expect(await watching).toBe(': watching\n\n'); // no `end`: the run goes on, and whoever watches comes back
    await api.app.close();
  }));
