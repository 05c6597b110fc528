import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { BreakwaterClient, BreakwaterHttpClient, type ScheduleView } from '../../src/client.ts';
import { doorOf } from '../../src/http/door.ts';
import { createApi } from '../../src/http/server.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { schedule } from '../schedules/files.ts';
import { describeWithTemporal, temporalAddress } from '../support/servers.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { access, keyOf } from './fakes.ts';

const FILES = 30;
const metadata = { name: 'payment-worker', service: 'payments', environment: 'staging' };
/** Every third belongs to another team. */
const ownerOf = (i: number): string => (i % 3 === 0 ? 'search' : 'payments');
const nameOf = (i: number): string => `nightly-${String(i).padStart(2, '0')}`;
const namesOf = (views: ScheduleView[]): string[] => views.map(({ name }) => name);

describeWithTemporal('many schedules', () => {
  let client: BreakwaterClient;
  let app: ReturnType<typeof createApi>;
  let as: (who: string) => BreakwaterHttpClient;
  const made = new Set<string>();
  /** All names, in their order, and those that payments may see. */
  const all = [...Array.from({ length: FILES }, (_, i) => nameOf(i)), 'a-cron-line', 'z-cron-line'].sort();
  const ofPayments = all.filter((name) => !name.startsWith('nightly') || ownerOf(Number(name.slice(-2))) === 'payments');

  beforeAll(async () => {
    client = await BreakwaterClient.connect({ connection: { address: temporalAddress() }, taskQueue: `list-${randomUUID().slice(0, 8)}` });
    for (const name of ['z-cron-line', 'a-cron-line']) {
      await client.schedules.add({ document: experimentDocument(), requestedBy: 'ann', name, cron: '0 3 * * 2', zone: 'UTC' });
      made.add(name);
    }
    for (let i = FILES - 1; i >= 0; i--) {
      const owner = ownerOf(i);
      const experiment = experimentDocument({ metadata: { ...metadata, owner } });
      await client.schedules.apply(schedule({ metadata: { name: nameOf(i), owner }, experiment }), 'ann');
      made.add(nameOf(i));
    }
    for (let looks = 0; looks < 100 && (await client.schedules.list()).length < all.length; looks++) await delay(200); // visibility lags
    app = createApi({ door: doorOf(client), records: createMemoryRecords(), access, log: pino({ level: 'silent' }) });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    as = (who) => new BreakwaterHttpClient({ url, token: keyOf(who) });
  }, 120_000);
  afterAll(async () => {
    for (const name of made) await client.schedules.remove(name);
    await app.close();
    await client.close();
  });

  /** Counts which schedules Temporal is asked about one by one. */
  async function asked<T>(use: () => Promise<T>): Promise<{ found: T; count: number }> {
    const spy = jest.spyOn(client.temporal.schedule, 'getHandle');
    try {
      return { found: await use(), count: spy.mock.calls.length };
    } finally {
      spy.mockRestore();
    }
  }

  test('are listed by name, each as it is shown alone; only those from files are asked about one by one', async () => {
    const { found, count } = await asked(() => client.schedules.list());
    expect(namesOf(found)).toEqual(all);
    expect(count).toBe(FILES);
    for (const name of [nameOf(0), nameOf(17), nameOf(29)])
      expect(found.find((view) => view.name === name)).toEqual(await client.schedules.show(name));
    expect(found.find(({ name }) => name === 'a-cron-line')).toMatchObject({ cron: '0 3 * * 2', owner: 'payments', requestedBy: 'ann' });
  });

  test.each([1, 7, 10, 200])('in pages of %d: each once, in order, and only what one may see', async (limit) => {
    for (const [who, wanted] of [
      ['viewer', ofPayments],
      ['admin', all],
    ] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let pages = 0; pages <= all.length; pages++) {
        const page = await as(who).schedulesPage({ limit, ...(cursor !== undefined && { cursor }) });
        expect(page.schedules.length).toBeLessThanOrEqual(limit);
        seen.push(...namesOf(page.schedules));
        cursor = page.next;
        if (cursor === undefined) break;
        expect(page.schedules).toHaveLength(limit); // the next page is not for nothing
      }
      expect([who, cursor, seen]).toEqual([who, undefined, wanted]);
    }
    expect(namesOf(await as('viewer').schedules())).toEqual(ofPayments);
  });

  test('a page asks about no more than fill it', async () => {
    const { found, count } = await asked(() => as('admin').schedulesPage({ limit: 5 }));
    expect(namesOf(found.schedules)).toEqual(all.slice(0, 5));
    expect(count).toBeLessThanOrEqual(10);
  });

  test('one that was removed a moment ago is none, and one that was made by hand under a strange name does not hide the rest', async () => {
    await client.schedules.remove(nameOf(29));
    made.delete(nameOf(29));
    const strange = await client.temporal.schedule.create({
      scheduleId: `${client.taskQueue}-zz by hand`,
      spec: {},
      memo: { breakwater: client.taskQueue, name: 'No Name!', from: 'file' },
      action: { type: 'startWorkflow', workflowType: 'experiment', taskQueue: client.taskQueue, args: [] },
    });
    try {
      const names = async (): Promise<string[]> => namesOf(await client.schedules.list());
      for (let looks = 0; looks < 50 && !(await names()).includes('No Name!'); looks++) await delay(200); // visibility lags
      expect(await names()).toEqual([...all.filter((name) => name !== nameOf(29)), 'No Name!']);
    } finally {
      await strange.delete();
    }
  });

  test.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'cursor=x',
    `cursor=${Buffer.from('{"v":2,"after":"a"}').toString('base64url')}`,
    'name=a',
  ])('the query %s is not taken', async (query) => {
    const headers = { authorization: `Bearer ${keyOf('viewer')}` };
    expect((await app.inject({ url: `/v1/schedules?${query}`, headers })).statusCode).toBe(400);
  });
});
