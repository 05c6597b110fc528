import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BreakwaterHttpClient } from '../../src/client/http.ts';
import { hashOf, type AuditEntry } from '../../src/domain/audit/entry.ts';
import { factAbout } from '../../src/domain/audit/facts.ts';
import { endUnread } from '../../src/http/unread.ts';
import { sha256 } from '../../src/records/audit/digest.ts';
import { bearer, keyOf, withFakes, type FakeApi } from './fakes.ts';

const T0 = Date.UTC(2026, 10, 1);
const fill = ({ records }: FakeApi, count = 5): Promise<void> =>
  records.appendAudit(
    Array.from({ length: count }, (_, i) => factAbout(`run.${i % 2}`, 'step', { key: `k/${i}`, atMs: T0 + i * 60_000, actor: 'ann' })),
  );
const get = ({ app }: FakeApi, who: string, url: string) => app.inject({ url, headers: bearer(who) });
const entriesIn = (body: string): AuditEntry[] =>
  body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEntry);

test('the end of the chain, and the entries with hashes that hold; that they were read is one of them', () =>
  withFakes(async (api) => {
    expect((await get(api, 'auditor', '/v1/audit/head')).json()).toEqual({ sequence: 0, hash: '0'.repeat(64) });
    await fill(api);
    expect((await get(api, 'admin', '/v1/audit/head')).json()).toEqual(await api.records.auditHead());
    const answer = await get(api, 'auditor', '/v1/audit?since=2026-11-01T00:01:00Z');
    expect(answer.headers['content-type']).toBe('application/jsonl; charset=utf-8');
    const entries = entriesIn(answer.body);
    expect(entries.map(({ action }) => action)).toEqual(['step', 'step', 'step', 'step', 'audit-exported']);
    for (const { hash, ...entry } of entries) expect(hashOf(entry, sha256)).toBe(hash);
    expect(entries.at(-1)).toMatchObject({ actor: 'key:auditor', subject: 'audit', details: { format: 'jsonl', since: T0 + 60_000 } });
  }));

test('from where one was, to an instant, of one run, as CSV', () =>
  withFakes(async (api) => {
    await fill(api);
    const sequences = async (query: string): Promise<number[]> =>
      entriesIn((await get(api, 'admin', `/v1/audit?until=2026-11-02T00:00:00Z&${query}`)).body).map(({ sequence }) => sequence);
    expect(await sequences('after=3')).toEqual([4, 5]);
    expect(await sequences('run=run.0')).toEqual([1, 3, 5]);
    expect(await sequences('run=run.1')).toEqual([2, 4]);
    const csv = (await get(api, 'admin', '/v1/audit?format=csv&after=4&until=2026-11-02T00:00:00Z')).body.trim().split(/\r?\n/);
    expect(csv).toHaveLength(2);
    expect(csv[0]).toMatch(/^sequence,time_utc/);
    for (const wrong of ['after=-1', 'after=', 'after=x', 'since=yesterday', 'format=xml', 'team=payments', 'run=a%00b', 'run='])
      expect([wrong, (await get(api, 'admin', `/v1/audit?${wrong}`)).statusCode]).toEqual([wrong, 400]);
  }));

test.each(['viewer', 'operator', 'approver', 'team-auditor', 'other', 'pager'])(
  '%s, who does not answer for every team, reads none of it',
  (who) =>
    withFakes(async (api) => {
      await fill(api);
      for (const url of ['/v1/audit', '/v1/audit/head']) {
        const answer = await get(api, who, url);
        expect([url, answer.statusCode]).toEqual([url, 403]);
        expect(answer.body).not.toContain('ann');
      }
    }),
);

test('an auditor looks, and does nothing', () =>
  withFakes(async (api) => {
    expect((await get(api, 'auditor', '/v1/runs')).statusCode).toBe(200);
    const act = await api.app.inject({ method: 'POST', url: '/v1/halt', headers: bearer('auditor'), payload: { reason: 'x' } });
    expect(act.statusCode).toBe(403);
  }));

test('of exports that are asked for at once no more begin than may', () =>
  withFakes(async (api) => {
    await fill(api);
    const append = api.records.appendAudit.bind(api.records);
    let goOn = (): void => undefined;
    const recorded = new Promise<void>((done) => (goOn = done));
    api.records.appendAudit = async (facts) => {
      await recorded;
      await append(facts);
    };
    const all = Array.from({ length: 4 }, () => get(api, 'admin', '/v1/audit'));
    await delay(100);
    goOn();
    expect((await Promise.all(all)).map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 429, 429]);
    await delay(100); // a body closes a moment after its end
    api.records.appendAudit = () => Promise.reject(new Error('away'));
    for (let i = 0; i < 3; i++) expect((await get(api, 'admin', '/v1/audit')).statusCode).not.toBe(429);
  }));

test('an answer that nobody reads ends', async () => {
  let tell: (isWhole: boolean) => void = () => undefined;
  const ended = new Promise<boolean>((done) => (tell = done));
  const server = createServer((_request, response) => {
    endUnread(response, 300);
    response.once('close', () => tell(response.writableFinished));
    Readable.from(
      (function* endless() {
        for (;;) yield 'x'.repeat(65_536);
      })(),
      { objectMode: false },
    ).pipe(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(await ended).toBe(false);
  socket.destroy();
  server.close();
});

test('what cannot be put on record is not read', () =>
  withFakes(async (api) => {
    await fill(api);
    api.records.appendAudit = () => Promise.reject(new Error('away'));
    const answer = await get(api, 'admin', '/v1/audit');
    expect(answer.statusCode).toBeGreaterThanOrEqual(500);
    expect(answer.body).not.toContain('ann');
  }));

test('the client reads entry by entry, and goes on where it was', () =>
  withFakes(async (api) => {
    await fill(api);
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = api.app.server.address() as AddressInfo;
    const client = new BreakwaterHttpClient({ url: `http://127.0.0.1:${port}`, token: keyOf('auditor') });
    expect(await client.auditHead()).toMatchObject({ sequence: 5 });
    const seen: number[] = [];
    for await (const { sequence } of client.audit({ until: '2026-11-02T00:00:00Z' })) if (seen.push(sequence) === 2) break;
    for await (const { sequence } of client.audit({ until: '2026-11-02T00:00:00Z', after: seen.at(-1)! })) seen.push(sequence);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(await client.auditCsv({ after: 4 })).toMatch(/^sequence,/);
    expect(await client.health()).toEqual({ status: 'ok', records: 'ok' });
  }));
