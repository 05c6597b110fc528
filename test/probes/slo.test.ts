import { openProbe, ProviderSpec } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import { forever, portsWith, serve, told, type TestServer } from './world.ts';

const clock = { nowMs: 1_700_000_000_000 };
const ports = portsWith({}, clock);
let server: TestServer;
let counts: { good?: unknown; total?: unknown } = {};
let requests = 0;

beforeAll(async () => {
  server = await serve((_, response) => {
    requests++;
    response.end(JSON.stringify(counts));
  });
});
afterAll(async () => {
  await ports.close();
  await server.close();
});

function probe(kind: string, more: object = {}) {
  const indicator = (jsonPath: string) => ({ kind: 'http', url: server.url, read: { jsonPath } });
  const open = openProbe({ kind, objective: '99.9%', good: indicator('$.good'), total: indicator('$.total'), ...more }, ports);
  return async (good: unknown, total: unknown, seconds = 1) => {
    counts = { good, total };
    clock.nowMs += seconds * 1_000;
    return told(await measureOnce(open, 2_000, forever));
  };
}

test('the error budget that is left', async () => {
  const ask = probe('slo-budget');
  expect(await ask(100_000, 100_000)).toBe(1);
  expect(await ask(99_950, 100_000)).toBeCloseTo(0.5);
  expect(await ask(99_900, 100_000)).toBeCloseTo(0);
  expect(await ask(99_800, 100_000)).toBeCloseTo(-1);
  expect(await ask(100_001, 100_000)).toBe(1);
  expect(await ask(0, 0)).toBe('no-data: total is 0: no events');
  expect(await ask(undefined, 5)).toBe('no-data: good: $.good found nothing');
  expect(await ask(5, 'x')).toMatch(/^error: total: /);
});

test('the burn rate over a window', async () => {
  const ask = probe('slo-burn-rate', { window: '1m' });
  expect(await ask(1_000, 1_000)).toMatch(/^no-data/);
  expect(await ask(1_000, 1_000)).toBe('no-data: no events within the window');
  expect(await ask(1_999, 2_000)).toBeCloseTo(1);
  expect(await ask(2_989, 3_000, 30)).toBeCloseTo(5.5);
  expect(await ask(500, 500)).toBeCloseTo(11 / 2_500 / 0.001);
  expect(await ask(510, 500, 600)).toMatch(/^no-data/);
});

test('good and total of one page come from one request', async () => {
  const ask = probe('slo-budget');
  requests = 0;
  await ask(1, 1);
  expect(requests).toBe(1);
});

test.each([0, 1, 99.9, '100%', '0%', 'often'])('objective %p is refused', (objective) => {
  expect(() => probe('slo-budget', { objective })).toThrow();
});

test('an SLO of an SLO is refused', () => {
  const budget = { kind: 'slo-budget', objective: 0.9, good: {}, total: {} };
  expect(ProviderSpec.safeParse({ ...budget, good: budget }).success).toBe(false);
});
