import { getEventListeners } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { openProbe } from '../../src/probes/index.ts';
import { http, readJsonPath } from '../../src/probes/http.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import { askOnce, forever, portsWith, serve, told, type TestServer } from './world.ts';

const ZIP = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync };

let server: TestServer;
const ports = portsWith({ TOKEN: 'Bearer t0ken' });
let seen: string | undefined;

beforeAll(async () => {
  server = await serve((request, response) => {
    seen = request.headers.authorization;
    const path = request.url?.slice(1) ?? '';
    if (/^\d{3}$/.test(path)) response.writeHead(Number(path), { location: '/200' }).end('{"a":1}');
    else if (path === 'slow') setTimeout(() => response.end('{"a":1}'), 1_000).unref();
    else if (path === 'late') setTimeout(() => response.end('{"a":1}'), 120);
    else if (path === 'huge') response.end(`{"a":"${'x'.repeat(3_000_000)}"}`);
    else if (path === 'cut') response.writeHead(200, { 'content-length': 100 }).write('{"a":', () => response.destroy());
    else if (path === 'html') response.end('<html><body>Please log in</body></html>');
    else if (path === 'empty') response.end();
    else if (/^(gzip|br|deflate)$/.test(path))
      response.writeHead(200, { 'content-encoding': path }).end(ZIP[path as keyof typeof ZIP]('{"a":7}'));
    else if (path === 'bomb') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(3_000_000)));
    else if (path === 'half') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":7}').subarray(0, 15));
    else if (path === 'zstd') response.writeHead(200, { 'content-encoding': 'zstd' }).end('?');
    else if (path === 'mark') response.end('\uFEFF{"a":7}');
    else response.end(decodeURIComponent(path));
  });
});
afterAll(async () => {
  await ports.close();
  await server.close();
});

const ask = async (path: string, more: object, timeoutMs?: number) =>
  told(await askOnce({ kind: 'http', url: `${server.url}/${encodeURIComponent(path)}`, ...more }, ports, timeoutMs));
const path = (jsonPath: string) => ({ read: { jsonPath } });

test('status, ok and latency', async () => {
  expect(await ask('503', { read: 'status' })).toBe(503);
  expect(await ask('204', { read: 'ok' })).toBe(1);
  expect(await ask('500', { read: 'ok' })).toBe(0);
  expect(await ask('404', { read: 'ok', expectStatus: [404] })).toBe(1);
  expect(await ask('late', { read: 'latency' })).toBeGreaterThanOrEqual(115);
});

test('a fast error page is no good latency and no number', async () => {
  expect(await ask('500', { read: 'latency' })).toBe('error: HTTP 500');
  expect(await ask('500', path('$.a'))).toBe('error: HTTP 500');
});

test('redirects are answers, not followed', async () => {
  expect(await ask('302', { read: 'status' })).toBe(302);
  expect(await ask('302', { read: 'ok' })).toBe(0);
});

test.each([
  ['{"a":{"b":1.5}}', '$.a.b', 1.5],
  ['{"a":true}', '$.a', 1],
  ['{"a":[{"n":1},{"n":2}]}', '$.a[1].n', 2],
  ['7', '$', 7],
  ['{"a":0}', '$.a', 0],
  ['{}', '$.a', 'no-data: $.a found nothing'],
  ['{"a":null}', '$.a', 'no-data: $.a is null'],
  ['{"a":"12"}', '$.a', 'error: $.a is a string, expected a number or a boolean'],
  ['{"a":[1]}', '$.a', 'error: $.a is an array, expected a number or a boolean'],
  ['{"a":[1,2]}', '$.a[*]', 'error: $.a[*] found 2 values, expected one'],
  ['{"a":NaN}', '$.a', 'error: expected JSON, got \'{"a":NaN}\''],
  ['{"a":1e999}', '$.a', 'error: the answer is infinite'],
  ['empty', '$.a', "error: expected JSON, got ''"],
  ['html', '$.a', "error: expected JSON, got '<html><body>Please log in</body></html>'"],
])('%s at %s is %p', async (body, jsonPath, expected) => {
  expect(await ask(body, path(jsonPath))).toBe(expected);
});

test('script expressions in a path are not run', () => {
  const [wasRun, script] = [globalThis as { pwned?: boolean }, '$[?(globalThis.pwned = true)]'];
  expect(() => readJsonPath('{"a":[1]}', script)).toThrow();
  expect(wasRun.pwned).toBeUndefined();
});

test('too slow, too long, cut off and down are errors', async () => {
  expect(await ask('slow', { read: 'ok' }, 100)).toBe('error: no answer within 100 ms');
  expect(await ask('huge', { read: 'ok' })).toBe('error: the body is longer than 1048576 bytes');
  expect(await ask('cut', path('$.a'))).toMatch(/^error: /);
  const gone = await serve(() => undefined);
  await gone.close();
  expect(told(await askOnce({ kind: 'http', url: gone.url, read: 'ok' }, ports))).toMatch(/^error: .*ECONNREFUSED/);
});

test('compressed answers are read, bounded by what they unfold to', async () => {
  for (const name of ['gzip', 'br', 'deflate', 'mark']) expect(await ask(name, path('$.a'))).toBe(7);
  expect(await ask('gzip', { read: 'status', method: 'HEAD' })).toBe(200);
  expect(await ask('bomb', { read: 'ok' })).toBe('error: the body is longer than 1048576 bytes');
  expect(await ask('half', path('$.a'))).toMatch(/^error: /);
  expect(await ask('zstd', path('$.a'))).toBe("error: the answer is encoded as 'zstd', which was not asked for");
});

test('nothing hangs on the signal of the caller once a request is answered, refused or interrupted', async () => {
  const caller = new AbortController();
  const send = (name: string) =>
    ports.http.request({ url: `${server.url}/${name}`, signal: caller.signal }).then(({ status }) => status, String);
  expect(await send('200')).toBe(200);
  expect(await send('cut')).toMatch(/Error/);
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  const interrupted = send('slow');
  await new Promise((resolve) => setTimeout(resolve, 50));
  caller.abort(new Error('enough'));
  expect(await interrupted).toBe('Error: enough');
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
});

test('a header may be a secret, which no message shows', async () => {
  expect(await ask('200', { read: 'ok', headers: { authorization: { secret: 'TOKEN' } } })).toBe(1);
  expect(seen).toBe('Bearer t0ken');
  expect(await ask('200', { read: 'ok', headers: { authorization: { secret: 'OTHER' } } })).toBe("error: no secret 'OTHER'");
});

test.each([
  [{ url: 'http://joe:pw@h/' }, /without user and password/],
  [{ url: 'file:///etc/passwd' }, /http:\/\//],
  [{ url: 'http://h/', timeout: '1s' }, /timeout/],
  [{ url: 'http://h/', read: 'speed' }, /read/],
])('%j is refused', (spec, message) => {
  expect(() => http.open({ kind: 'http', read: 'ok', ...spec }, ports)).toThrow(message);
});

test('a probe survives the restart of its server', async () => {
  const first = await serve((_, response) => response.end('1'));
  const port = Number(new URL(first.url).port);
  const probe = openProbe({ kind: 'http', url: first.url, ...path('$') }, ports);
  expect(told(await measureOnce(probe, 10_000, forever))).toBe(1);
  await first.close();
  expect(told(await measureOnce(probe, 10_000, forever))).toMatch(/^error/);
  const second = await serve((_, response) => response.end('2'), port);
  expect(told(await measureOnce(probe, 10_000, forever))).toBe(2);
  await second.close();
});

test('a kept connection that was closed under the request is tried once more, but not for POST', async () => {
  const calls = new Map<unknown, number>();
  const fickle = await serve((request, response) => {
    const count = (calls.get(request.socket) ?? 0) + 1;
    calls.set(request.socket, count);
    if (count === 1) response.end('1');
    else request.socket.resetAndDestroy();
  });
  const get = openProbe({ kind: 'http', url: fickle.url, ...path('$') }, ports);
  const post = openProbe({ kind: 'http', url: fickle.url, method: 'POST', ...path('$') }, ports);
  const answers = [];
  for (const probe of [get, get, get, post]) answers.push(told(await measureOnce(probe, 10_000, forever)));
  expect(answers).toEqual([1, 1, 1, expect.stringMatching(/^error/)]);
  await fickle.close();
});

test('a thousand open probes ask once a second', async () => {
  const probes = Array.from({ length: 1_000 }, () => openProbe({ kind: 'http', url: `${server.url}/200`, read: 'ok' }, ports));
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all(probes.map((probe) => measureOnce(probe, 10_000, forever)));
    expect(answers.filter(({ kind }) => kind === 'value')).toHaveLength(1_000);
  }
});
