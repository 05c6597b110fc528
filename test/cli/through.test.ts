import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BreakwaterHttpClient } from '../../src/client.ts';
import { RunAtApi } from '../../src/cli/run-at-api.ts';
import { keyOf, withFakes } from '../http/fakes.ts';
import { containing } from '../workflows/harness/expectations.ts';
import { buildWhenStale, call } from './command.ts';

const IDENTITY = `secret_${'x'.repeat(20)}`;

beforeAll(() => {
  buildWhenStale();
}, 180_000);

/** A server that answers everything like that, on a port of its own. */
async function withServer(answer: RequestListener, use: (url: string, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

const problem =
  (status: number, detail: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ title: 't', status, detail }));

const list = (url: string) => call(['runs', '--api', url], { env: { BREAKWATER_API_IDENTITY: IDENTITY } });

test.each<[status: number, detail: string, code: number, said: RegExp]>([
  [400, 'limit: too big', 2, /^Refused: limit: too big\n$/],
  [401, 'who are you?', 2, /^Refused: who are you\?\nBREAKWATER_API_IDENTITY is who you are there/],
  [403, 'key:ci may not', 2, /^Refused: key:ci may not\nBREAKWATER_API_IDENTITY is who you are there/],
  [404, 'there is no run', 2, /^Not found: there is no run\nWhat another team owns is not found either/],
  [409, 'the key was used', 2, /^Refused: the key was used\n$/],
  [422, 'the run is over', 2, /^Refused: the run is over\n$/],
  [429, 'too many', 7, /^The API does not do it now: too many\nTry again in a minute/],
  [503, 'no records', 7, /^The API does not do it now: no records\nTry again; `--direct` goes past the API/],
])('%i is one sentence, what to do, and exit code', async (status, detail, code, said) => {
  await withServer(problem(status, detail), async (url) => {
    const ended = await list(url);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr).not.toMatch(/secret_|^\s+at /m);
  });
});

test('an address that redirects, one that is not the API’s, and one without TLS far away get the identity nowhere else', async () => {
  await withServer(
    (_request, response) => void response.end('<html></html>'),
    async (url, asked) => {
      expect(await list(url)).toMatchObject({ code: 7, stderr: containing('is not Breakwater’s API') });
      const before = asked.length;
      await withServer(
        (_request, response) => void response.writeHead(302, { location: url }).end(),
        async (first) => {
          expect(await list(first)).toMatchObject({ code: 7, stderr: containing('it redirects') });
        },
      );
      expect(asked).toHaveLength(before);
    },
  );
  expect(await list('http://breakwater.example')).toMatchObject({ code: 2, stderr: containing('use https') });
}, 30_000);

test('a certificate that nobody vouches for', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'breakwater-tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  const answer: RequestListener = (_request, response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end('{"runs":[]}');
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect(await list(url)).toMatchObject({ code: 7, stderr: containing('NODE_EXTRA_CA_CERTS') });
    expect(await call(['runs', '--api', url, '-o', 'json'], { env: { NODE_EXTRA_CA_CERTS: cert } })).toMatchObject({
      code: 0,
      stdout: '[]\n',
    });
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    rmSync(dir, { recursive: true });
  }
}, 30_000);

test('what is no address is said, and not repeated; one way only', async () => {
  for (const wrong of ['nonsense', 'ftp://x', `https://me:${IDENTITY}@h`, 'https://h/prefix', 'https://h?q', '']) {
    const ended = await list(wrong);
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: containing('no address of an API') });
    expect(ended.stderr).not.toContain('secret_');
  }
  expect(await call(['runs', '--api', 'http://127.0.0.1:9', '--direct'])).toMatchObject({
    code: 2,
    stderr: containing('cannot be used with'),
  });
  expect(await call(['runs', '--api', 'http://127.0.0.1:9'])).toMatchObject({
    code: 7,
    stderr: containing('`--direct` goes past the API'),
  });
  expect(await call(['runs', '--direct'], { env: { BREAKWATER_API_URL: 'http://127.0.0.1:9' } })).toMatchObject({
    code: 7,
    stderr: containing('BREAKWATER_DATABASE_URL is not set'),
  });
  expect(await call(['ledger', '--api', 'http://127.0.0.1:9'])).toMatchObject({ code: 2, stderr: containing('unknown option') });
}, 60_000);

test(
  'an API that is frozen does not hold up a halt',
  () =>
    withServer(
      () => undefined,
      async (url) => {
        const ended = await call(['halt', '--reason', 'x', '--api', url]);
        expect(ended).toMatchObject({ code: 7, stdout: '', stderr: containing('it did not answer in time') });
        expect(ended.stderr).toContain('`--direct` goes past the API');
      },
    ),
  25_000,
);

test('nobody listens, and an identity that cannot be sent', async () => {
  let gone = '';
  await withServer(problem(404, 'x'), async (url) => {
    gone = url;
    for (const character of ['\u0001', 'я']) {
      const odd = await call(['runs', '--api', url], { env: { BREAKWATER_API_IDENTITY: `${IDENTITY}${character}` } });
      expect(odd).toMatchObject({ code: 2, stderr: containing('characters') });
      expect(odd.stderr).not.toContain('secret_');
    }
  });
  const refused = await list(gone);
  expect(refused).toMatchObject({ code: 7, stderr: containing('ECONNREFUSED') });
  expect(refused.stderr).toContain('`--direct` goes past the API');
}, 30_000);

test('a start whose answer is lost is sent again, with the same key', async () => {
  const starts: (string | undefined)[] = [];
  const plan = { valid: true, plan: { digest: 'd', seed: 1, experiment: { comparisons: [], waves: [] } } };
  const { startAtApi } = await import('../../src/cli/start-at-api.ts');
  await withServer(
    (request, response) => {
      starts.push(request.headers['idempotency-key'] as string | undefined);
      if (starts.length === 1) request.socket.destroy();
      else if (starts.length === 2) problem(503, 'Temporal did not answer; try again')(request, response);
      else response.end(JSON.stringify({ workflowId: 'run.1', runId: 'r', alreadyStarted: true }));
    },
    async (url) => {
      const api = new BreakwaterHttpClient({ url });
      expect(await startAtApi(api, { document: plan, requestedBy: 'x' })).toMatchObject({ workflowId: 'run.1' });
    },
  );
  expect(starts).toHaveLength(3);
  expect(new Set(starts).size).toBe(1);
}, 30_000);

test(
  'the end is found also where no stream is allowed, and where the API keeps no records',
  () =>
    withFakes(async ({ app, door }) => {
      const run = 'run.1';
      door.runs.set(run, { owner: 'payments', environment: 'staging' });
      app.addHook('onRequest', async (request, reply) => {
        if (request.url.endsWith('/events')) await reply.code(429).send({ detail: 'too many streams' });
      });
      await app.listen({ host: '127.0.0.1', port: 0 });
      const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
      const watched = new RunAtApi(new BreakwaterHttpClient({ url, token: keyOf('viewer') }), run);
      const over = new AbortController();
      const closed = watched.closed(over.signal);
      await delay(500);
      expect(await watched.look()).toMatchObject({ state: { phase: 'holding' } });
      const decision = { verdict: 'failed', rule: 'r', reason: 'why' } as const;
      door.states.set(run, { ...(await door.status(run)), phase: 'closed', decision });
      expect(await closed).toMatchObject({ workflowId: run, verdict: 'failed', leftovers: [], recordsIncomplete: false });
      expect(await watched.look()).toMatchObject({ state: { phase: 'closed' } });
      await expect(new RunAtApi(new BreakwaterHttpClient({ url, token: keyOf('other') }), run).closed(over.signal)).rejects.toMatchObject({
        status: 404,
      });
      over.abort();
    }),
  30_000,
);
