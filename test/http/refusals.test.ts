import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Door } from '../../src/http/door.ts';
import { createApi } from '../../src/http/server.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import type { AuditEntry, AuditFact } from '../../src/records/ports.ts';

/** Nobody is let in, so Temporal is not asked. */
const nobody = {} as Door;
const TOKEN = 'the-token-of-the-tests';

async function refused(
  appendAudit: (facts: AuditFact[]) => Promise<void>,
  token: string | undefined,
  ask: (url: string, port: number) => Promise<void>,
): Promise<void> {
  const app = createApi({
    door: nobody,
    log: pino({ level: 'silent' }),
    records: { ...createMemoryRecords(), appendAudit },
    ...(token !== undefined && { token }),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  await ask(`http://127.0.0.1:${port}`, port).finally(() => app.close());
}

test('failed log-ins are on the audit log, with where they came from and how many, and without what was sent', async () => {
  const records = createMemoryRecords();
  const wrong = { authorization: 'Bearer wrong-hunter2' };
  await refused(records.appendAudit, TOKEN, async (url) => {
    for (let i = 0; i < 5; i++)
      expect((await fetch(`${url}/v1/halt?q=hunter2`, { method: 'POST', headers: wrong, body: 'hunter2' })).status).toBe(401);
    expect((await fetch(`${url}/v1/halt`, { method: 'DELETE' })).status).toBe(401);
    expect((await fetch(`${url}/nowhere`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(404);
  });
  const entries: AuditEntry[] = [];
  for await (const page of records.auditPages()) entries.push(...page);
  const posts = entries.filter(({ details }) => details['method'] === 'POST');
  expect(posts.reduce((sum, { details }) => sum + Number(details['count']), 0)).toBe(5);
  expect(entries.length - posts.length).toBe(1);
  for (const entry of entries)
    expect(entry).toMatchObject({
      action: 'request-refused',
      subject: 'api',
      actor: '127.0.0.1',
      details: { status: 401, route: '/v1/halt' },
    });
  expect(JSON.stringify(entries)).not.toMatch(/hunter2|the-token/);
});

test('a name that is not this API’s is refused, and on the audit log', async () => {
  const facts: AuditFact[] = [];
  const append = (more: AuditFact[]): Promise<void> => Promise.resolve(void facts.push(...more));
  await refused(append, undefined, async (_url, port) => {
    const status = await new Promise((done, fail) => {
      request({ port, host: '127.0.0.1', path: '/v1/halt', headers: { host: 'evil.example' } }, (answer) => {
        answer.resume();
        done(answer.statusCode);
      })
        .on('error', fail)
        .end();
    });
    expect(status).toBe(421);
  });
  expect(facts).toMatchObject([{ details: { status: 421, count: 1 } }]);
});

test('a flood makes no more than 51 entries a round, and records that are away keep nobody from being refused', async () => {
  const rounds: AuditFact[][] = [];
  const append = (facts: AuditFact[]): Promise<void> => {
    rounds.push(facts);
    return Promise.reject(new Error('away'));
  };
  await refused(append, TOKEN, async (url) => {
    const methods = ['GET', 'POST', 'DELETE'];
    for (let i = 0; i < 240; i++)
      expect((await fetch(`${url}/v1/${i % 2 ? 'halt' : `x${i}`}`, { method: methods[i % 3]! })).status).toBe(401);
  });
  expect(Math.max(...rounds.map((facts) => facts.length))).toBeLessThanOrEqual(51);
  expect(rounds.flat().reduce((sum, { details }) => sum + Number(details['count']), 0)).toBe(240);
});
