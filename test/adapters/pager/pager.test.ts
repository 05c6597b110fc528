import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPager } from '../../../src/adapters/pager/index.ts';
import { createPagerDuty } from '../../../src/adapters/pager/pagerduty.ts';
import { createWebhook } from '../../../src/adapters/pager/webhook.ts';
import type { Page } from '../../../src/domain/page.ts';
import { startPagerDuty, type PagerDutyServer } from '../../support/pagerduty.ts';

const KEY = 'R0UT1NG-K3Y-0F-TESTS';
const secrets = {
  get: (name: string) => (name === 'pagerduty' ? Promise.resolve(KEY) : Promise.reject(new Error(`secret '${name}' is not there`))),
};
const page: Page = {
  dedupKey: 'pause.payment-worker.staging.1',
  summary: 'Breakwater left a fault behind',
  source: 'local',
  details: { run: 'pause.payment-worker.staging.1' },
};
const never = new AbortController().signal;
const failure = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => Promise.reject(new Error('it was taken')),
    (error: Error) => error,
  );

describe('a page', () => {
  let pagerDuty: PagerDutyServer;
  beforeEach(async () => {
    pagerDuty = await startPagerDuty();
  });
  afterEach(() => pagerDuty.close());

  test('to PagerDuty is a critical alert under the key of the run', async () => {
    const pager = createPager({ url: pagerDuty.url, key: 'pagerduty' }, secrets)!;
    const paging = await pager.page(page, never);
    expect(paging).toEqual({ paged: true, evidence: expect.stringContaining(page.dedupKey) as string });
    expect(pagerDuty.requests).toEqual([{ method: 'POST', path: '/v2/enqueue' }]);
    expect(pagerDuty.events).toMatchObject([
      {
        routing_key: KEY,
        event_action: 'trigger',
        dedup_key: page.dedupKey,
        payload: { summary: page.summary, source: 'local', severity: 'critical', custom_details: page.details },
      },
    ]);
    expect(JSON.stringify(paging)).not.toContain(KEY);
  });

  test('fits what PagerDuty takes: a key of 255 and a summary of 1024 characters', async () => {
    const pager = createPagerDuty('pagerduty', secrets, pagerDuty.url);
    for (let i = 0; i < 2; i++) await pager.page({ ...page, dedupKey: 'k'.repeat(300), summary: 's'.repeat(2_000) }, never);
    const [first, second] = pagerDuty.events as { dedup_key: string; payload: { summary: string } }[];
    expect(first!.dedup_key.length).toBeLessThanOrEqual(255);
    expect(second!.dedup_key).toBe(first!.dedup_key);
    expect(first!.payload.summary).toHaveLength(1_024);
  });

  test.each<[PagerDutyServer['answers'][number], boolean, RegExp, number | undefined]>([
    [400, false, /answered 400/, undefined],
    [403, false, /answered 403/, undefined],
    [{ status: 429, retryAfter: '7' }, true, /answered 429/, 7_000],
    [500, true, /answered 500/, undefined],
    [503, true, /answered 503/, undefined],
    ['hang', true, /did not answer within 100 ms/, undefined],
  ])('answered with %j is not taken; worth another try: %s', async (answer, retryable, message, retryAfterMs) => {
    pagerDuty.answers.push(answer);
    const error = await failure(createPagerDuty('pagerduty', secrets, pagerDuty.url, answer === 'hang' ? 100 : 10_000).page(page, never));
    expect(error).toMatchObject({ name: 'PagerError', retryable, message: expect.stringMatching(message) as string, retryAfterMs });
    expect(error.stack).not.toContain(KEY);
    expect(pagerDuty.events).toEqual([]);
  });

  test('without its secret names the secret', async () => {
    expect((await failure(createPagerDuty('lost', secrets, pagerDuty.url).page(page, never))).message).toBe("secret 'lost' is not there");
  });

  test('to a webhook is the page as JSON, and its token is in no message', async () => {
    const bodies: unknown[] = [];
    const server = createServer((request, response) => {
      if (request.url?.includes('elsewhere')) return void response.writeHead(302, { location: `${pagerDuty.url}/v2/enqueue` }).end();
      request.on('data', (part: Buffer) => bodies.push(JSON.parse(part.toString())));
      request.on('end', () => response.writeHead(request.url?.includes('no') ? 404 : 204).end());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0KEN`;
    expect(await createPager({ url }, secrets)!.page(page, never)).toMatchObject({ paged: true });
    expect(bodies).toMatchObject([{ ...page, severity: 'critical' }]);
    for (const wrong of [`${url}/no`, `${url}/elsewhere`, 'http://127.0.0.1:9/T0KEN?T0KEN']) {
      const error = await failure(createWebhook(wrong, 500).page(page, never));
      expect(error.name).toBe('PagerError');
      expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('T0KEN');
    }
    expect(pagerDuty.requests).toEqual([]);
    server.closeAllConnections();
    server.close();
  });

  test('is nobody’s when nothing is configured', () => expect(createPager({}, secrets)).toBeUndefined());
});
