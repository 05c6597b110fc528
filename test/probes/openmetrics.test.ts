import { Counter, Histogram, Registry } from 'prom-client';
import { openProbe } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import { forever, portsWith, serve, told, type TestServer } from './world.ts';

const clock = { nowMs: 1_700_000_000_000 };
const ports = portsWith({}, clock);
let server: TestServer;
let page: string | (() => Promise<string>) = '';
let contentType = 'text/plain; version=0.0.4';

beforeAll(async () => {
  server = await serve((_, response) => {
    void Promise.resolve(typeof page === 'string' ? page : page()).then((text) =>
      response.setHeader('content-type', contentType).end(text),
    );
  });
});
beforeEach(() => (contentType = 'text/plain; version=0.0.4'));
afterAll(async () => {
  await ports.close();
  await server.close();
});

/** Opens a probe; each call shows it a page, a number of seconds later. */
function probe(spec: object) {
  const open = openProbe({ kind: 'openmetrics', url: server.url, ...spec }, ports);
  return async (text: typeof page, seconds = 1) => {
    page = text;
    clock.nowMs += seconds * 1_000;
    return told(await measureOnce(open, 2_000, forever));
  };
}

test('a value is the sum of the series with the labels', async () => {
  const ask = probe({ metric: 'queue', labels: { q: 'pay' }, read: 'value' });
  expect(await ask('queue{q="pay",n="1"} 3\nqueue{q="pay",n="2"} 4\nqueue{q="mail"} 100\n')).toBe(7);
  expect(await ask('queue{q="pay"} 0\n')).toBe(0);
  expect(await ask('queue{q="mail"} 100\n')).toBe('no-data: the scrape has no such series of queue');
  expect(await ask('queue{q="pay"} NaN\n')).toBe('no-data: the answer is NaN');
  expect(await ask('queue{q="pay"} 1\nqueue{q="pay"} 2\n')).toBe('error: the scrape has a series of queue twice');
  expect(await ask(`queue{q="pay"} 3 ${clock.nowMs - 400_000}\n`)).toMatch(/^no-data/);
  expect(await ask('')).toMatch(/^no-data/);
  expect(await ask('<html></html>')).toMatch(/^error: line 1 is not a metric/);
});

test('a rate needs two scrapes and survives a reset', async () => {
  const ask = probe({ metric: 'done_total', read: 'rate' });
  expect(await ask('done_total 100\n')).toBe('no-data: no earlier scrape to compare with');
  expect(await ask('done_total 110\n', 2)).toBe(5);
  expect(await ask('done_total 6\n', 2)).toBe(3);
  expect(await ask('done_total 6\n')).toBe(0);
  expect(await ask('other 1\n')).toMatch(/^no-data/);
  expect(await ask('# TYPE done_total gauge\ndone_total 7\n')).toMatch(/^error: done_total is a gauge/);
  expect(await ask('done_total -7\n')).toMatch(/^error/);
});

test('an increase over a window', async () => {
  const ask = probe({ metric: 'done_total', read: 'increase', window: '10s' });
  const values = [];
  for (let i = 0; i <= 20; i++) values.push(await ask(`done_total ${i * 2}\n`));
  expect(values[5]).toBe(10);
  expect(values.slice(10)).toEqual(Array(11).fill(20));
});

test('a ratio: missing series, missing family, nothing happened', async () => {
  const ask = probe({ metric: 'pay_total', labels: { r: 'error' }, read: { ratioOf: { metric: 'pay_total' } }, window: '60s' });
  expect(await ask('pay_total{r="ok"} 100\n')).toMatch(/^no-data/);
  expect(await ask('pay_total{r="ok"} 100\n')).toBe('no-data: no events in pay_total between the scrapes');
  expect(await ask('pay_total{r="ok"} 110\n')).toBe(0);
  expect(await ask('pay_total{r="ok"} 119\npay_total{r="error"} 1\n')).toBeCloseTo(1 / 20);
  expect(await ask('something 1\n')).toBe('no-data: the scrape has no such series of pay_total');
  const misspelt = probe({ metric: 'payy_total', read: { ratioOf: { metric: 'pay_total' } } });
  await misspelt('pay_total 1\n');
  expect(await misspelt('pay_total 2\n')).toBe('no-data: the scrape does not know payy_total');
  const declared = probe({ metric: 'errors_total', read: { ratioOf: { metric: 'pay_total' } } });
  await declared('# TYPE errors counter\npay_total 1\n# EOF\n');
  expect(await declared('# TYPE errors counter\npay_total 2\n# EOF\n')).toBe(0);
});

test('quantiles of a real histogram, of what was observed between the scrapes', async () => {
  const registry = new Registry();
  const seconds = new Histogram({
    name: 'latency_seconds',
    help: 'h',
    buckets: [0.1, 0.2, 0.4],
    labelNames: ['route'],
    registers: [registry],
  });
  new Counter({ name: 'n_total', help: 'c', registers: [registry] });
  const ask = probe({ metric: 'latency_seconds', labels: { route: 'pay' }, read: { quantile: 0.5 } });
  expect(await ask(() => registry.metrics())).toMatch(/^no-data/);
  for (let i = 0; i < 100; i++) seconds.observe({ route: 'pay' }, 0.39);
  expect(await ask(() => registry.metrics())).toBe('no-data: no earlier scrape to compare with');
  for (let i = 0; i < 10; i++) seconds.observe({ route: 'pay' }, 0.15);
  expect(await ask(() => registry.metrics())).toBeCloseTo(0.15);
  expect(await ask(() => registry.metrics())).toBe('no-data: no observations between the scrapes');
});

test('OpenMetrics that is cut off is an error', async () => {
  contentType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  const ask = probe({ metric: 'a', read: 'value' });
  expect(await ask('a 1\n')).toMatch(/^error: the scrape is cut off/);
  expect(await ask('a 1\n# EOF\n')).toBe(1);
});

test('an answer that came after the time-out does not count as a scrape', async () => {
  let delayMs = 0;
  const slow = await serve((_, response) => void setTimeout(() => response.end('n_total 5\n'), delayMs));
  const open = openProbe({ kind: 'openmetrics', url: slow.url, metric: 'n_total', read: 'rate' }, ports);
  delayMs = 150;
  expect(told(await measureOnce(open, 50, forever))).toBe('error: no answer within 50 ms');
  await new Promise((resolve) => setTimeout(resolve, 200));
  delayMs = 0;
  expect(told(await measureOnce(open, 10_000, forever))).toBe('no-data: no earlier scrape to compare with');
  await slow.close();
});
