import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { isLoopback } from '../../src/http/identity/loopback.ts';
import { doorOf } from '../../src/http/door.ts';
import { serveApi } from '../../src/http/serve.ts';
import { createApi } from '../../src/http/server.ts';
import { BreakwaterClient } from '../../src/client.ts';
import { loadConfig } from '../../src/config.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { holdsLive, reach } from '../workflows/harness/expectations.ts';
import { endlessGuard } from '../workflows/harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from '../workflows/harness/stage.ts';

const TOKEN = 'a-token-of-the-tests';
interface Answered {
  status: number;
  type: string;
  body: Record<string, unknown>;
}

/** The API on a port of its own, and a way to ask it over real HTTP. */
async function withApi(
  stage: Pick<Stage, 'client'>,
  token: string | undefined,
  use: (ask: Ask, url: string) => Promise<void>,
): Promise<void> {
  const app = createApi({ door: doorOf(stage.client), log: pino({ level: 'silent' }), ...(token !== undefined && { token }) });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const ask: Ask = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  };
  await use(ask, url).finally(() => app.close());
}
type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;

const problem = (status: number, detail: RegExp) => ({
  status,
  type: expect.stringMatching(/^application\/problem\+json/) as unknown,
  body: { type: 'about:blank', title: expect.any(String) as unknown, status, detail: expect.stringMatching(detail) as unknown },
});

/** As Alertmanager 0.25 sends it. */
const alert = (labels: Record<string, string>, status = 'firing') => ({
  status,
  labels: { alertname: 'RegionDown', severity: 'page', ...labels },
  annotations: { summary: 'eu-west is down' },
  startsAt: '2026-11-24T05:00:00.000Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint: 'c0ffee',
});
const webhook = (...alerts: unknown[]) => ({
  version: '4',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'breakwater',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager',
  alerts,
});

/** A halt is seen as soon as its ledger has taken it and the list of ledgers shows it. */
async function haltsBecome({ client }: Stage, names: string[]): Promise<void> {
  for (;;) {
    if (
      Object.keys(await client.halts())
        .sort()
        .join() === names.join()
    )
      return;
    await delay(30);
  }
}

describeWithTemporal('the API', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test(
    "Alertmanager's webhook stops the environment that its alerts name, with verdict void, and nothing else",
    () =>
      onStage(theatre, (stage) =>
        withApi(stage, TOKEN, async (ask) => {
          stage.site.on('guardWave', endlessGuard);
          const id = await stage.start();
          await reach(stage, id, holdsLive);
          const none = await ask('POST', '/v1/incidents', webhook(alert({}), alert({ breakwater_incident: 'staging' }, 'resolved')));
          expect(none).toMatchObject({ status: 202, body: { incidents: [] } });
          expect(await stage.client.status(id)).toMatchObject({ phase: 'holding' });
          const labels = { breakwater_incident: 'staging' };
          const taken = await ask('POST', '/v1/incidents', webhook(alert({}), alert(labels), alert(labels)));
          expect(taken.status).toBe(202);
          expect(taken.body['incidents']).toMatchObject([
            { environment: 'staging', told: 1, halt: { kind: 'incident', reason: 'RegionDown: eu-west is down' } },
          ]);
          expect(await stage.verdict(id)).toMatchObject({ verdict: 'void', leftovers: [] });
          await haltsBecome(stage, ['staging']);
          expect((await ask('GET', '/v1/halt')).body).toMatchObject({ staging: { kind: 'incident', by: 'alertmanager (breakwater)' } });
          expect(await stage.verdict(await stage.start())).toMatchObject({ verdict: 'denied' });
          expect(await ask('DELETE', '/v1/halt?environment=staging&by=ann&reason=over')).toMatchObject({ status: 204 });
          expect((await ask('GET', '/v1/halt')).body).toEqual({});
        }),
      ),
    60_000,
  );

  test(
    'a halt and an incident in our own words',
    () =>
      onStage(theatre, (stage) =>
        withApi(stage, TOKEN, async (ask) => {
          expect(await ask('POST', '/v1/incidents', { environment: 'development', reason: 'power' })).toMatchObject({
            status: 202,
            body: { incidents: [{ environment: 'development', halt: { kind: 'incident', by: 'api' } }] },
          });
          expect(await ask('POST', '/v1/halt', { by: 'ann', reason: 'drill' })).toMatchObject({
            status: 202,
            body: { halt: { kind: 'halt', by: 'ann' } },
          });
          await haltsBecome(stage, ['_all', 'development']);
          await ask('DELETE', '/v1/halt?by=ann&reason=over');
          await ask('DELETE', '/v1/halt?environment=development&by=ann&reason=over');
          expect(await stage.client.halts()).toEqual({});
        }),
      ),
    60_000,
  );

  test(
    'whatever is wrong is a problem with a sentence, and no more',
    () =>
      onStage(theatre, (stage) =>
        withApi(stage, TOKEN, async (ask) => {
          const wrong: [method: string, path: string, body: unknown, status: number, detail: RegExp][] = [
            ['GET', '/nowhere', undefined, 404, /there is no GET \/nowhere/],
            ['PUT', '/v1/halt', {}, 405, /there is no PUT.*it takes DELETE, GET, POST/],
            ['POST', '/v1/halt', undefined, 400, /body: .*expected object/],
            ['POST', '/v1/halt', '{"by":', 400, /JSON/],
            ['POST', '/v1/halt', { by: 'ann', reason: '' }, 400, /reason/],
            ['POST', '/v1/halt', { by: 'ann', reason: 'x'.repeat(501) }, 400, /reason/],
            ['POST', '/v1/halt', { by: 'ann', reason: 'why', environment: "staging' OR 1=1" }, 400, /environment/],
            ['POST', '/v1/halt', { by: 'ann', reason: 'why', force: true }, 400, /force/],
            ['POST', '/v1/incidents', { reason: 'x' }, 400, /environment/],
            ['POST', '/v1/incidents', { ...webhook(), version: '3' }, 400, /version/],
            ['POST', '/v1/incidents', webhook(alert({ breakwater_incident: 'All Of Them' })), 400, /environment/],
            ['POST', '/v1/incidents', webhook({ labels: {} }), 400, /alerts\[0\]/],
            ['POST', '/v1/incidents', ['x'.repeat(2_000_000)], 413, /large/i],
            ['DELETE', '/v1/halt', undefined, 400, /reason/],
            ['DELETE', '/v1/halt?reason=over', undefined, 400, /by: who is acting/],
            ['POST', '/v1/halt', { reason: 'why' }, 400, /by: who is acting/],
          ];
          for (const [method, path, body, status, detail] of wrong)
            expect(await ask(method, path, body)).toMatchObject(problem(status, detail));
          expect(await ask('POST', '/v1/halt', 'halt!', { 'content-type': 'text/html' })).toMatchObject(problem(415, /text\/html|media/i));
          expect(await stage.client.halts()).toEqual({});
        }),
      ),
    60_000,
  );

  test('nobody acts without the token; health is open', () =>
    onStage(theatre, (stage) =>
      withApi(stage, TOKEN, async (ask) => {
        for (const authorization of ['', 'Bearer', 'Bearer wrong-token-of-the-tests', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`])
          expect(await ask('POST', '/v1/halt', { by: 'eve', reason: 'fun' }, { authorization })).toMatchObject(
            problem(401, /Authorization: Bearer/),
          );
        expect(await ask('GET', '/healthz', undefined, { authorization: '' })).toMatchObject({ status: 200, body: { status: 'ok' } });
        expect(await stage.client.halts()).toEqual({});
      }),
    ));

  test('without a token it answers to this machine by its own name only', () =>
    onStage(theatre, (stage) =>
      withApi(stage, undefined, async (ask, url) => {
        expect(await ask('GET', '/v1/halt')).toMatchObject({ status: 200 });
        const status = await new Promise<number | undefined>((resolve, reject) => {
          request(`${url}/v1/halt`, { headers: { host: 'evil.example' } }, ({ statusCode }) => resolve(statusCode))
            .on('error', reject)
            .end();
        });
        expect(status).toBe(421);
      }),
    ));

  test('it says 503 when Temporal is away, and never that all is well', async () => {
    const client = new BreakwaterClient(new Client({ connection: Connection.lazy({ address: '127.0.0.1:9' }) }), 'nowhere');
    await withApi({ client }, TOKEN, async (ask) => {
      for (const path of ['/healthz', '/v1/halt']) {
        const answer = await ask('GET', path);
        expect(answer).toMatchObject(problem(503, /Temporal did not answer/));
        expect(JSON.stringify(answer.body)).not.toMatch(/ECONNREFUSED|\.ts/);
      }
    });
    await client.close();
  }, 60_000);
});

test('an address that others reach wants a token', async () => {
  const config = loadConfig({ BREAKWATER_API_HOST: '0.0.0.0', BREAKWATER_HOME: '/tmp' });
  await expect(serveApi(config, pino({ level: 'silent' }))).rejects.toThrow(
    /BREAKWATER_API_HOST='0.0.0.0'.*BREAKWATER_API_TOKEN must be set/,
  );
  expect(() => loadConfig({ BREAKWATER_API_TOKEN: 'short' })).toThrow(/BREAKWATER_API_TOKEN=\(secret\)/);
});

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['127.0.0.1.evil.example', false],
  ['10.0.0.1', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
