import { openSignals } from '../../src/activities/signals.ts';
import type { ProbeDefinition } from '../../src/domain/experiment/experiment.ts';
import type { Provenance } from '../../src/domain/sight.ts';
import { openProbe } from '../../src/probes/index.ts';
import { measureOnce } from '../../src/probes/measure.ts';
import type { Motions } from '../../src/probes/sighted.ts';
import { both, parseTime, provenanceOf } from '../../src/probes/source-time.ts';
import { forever, portsWith, serve, told, type TestServer } from './world.ts';

/** A server whose clock and page the test sets. */
let server: TestServer;
let aheadMs: number | undefined = 0;
let headers: Record<string, string> = {};
let page = '';
const ports = portsWith();
beforeAll(async () => {
  server = await serve((_, response) => {
    response.sendDate = false;
    if (aheadMs !== undefined) response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end(page);
  });
});
afterAll(async () => {
  await ports.close();
  await server.close();
});
beforeEach(() => {
  [aheadMs, headers] = [0, {}];
});

const json = { kind: 'http', read: { jsonPath: '$.n', at: '$.at' } };
const providers: [name: string, spec: () => object, page: (n: number) => string][] = [
  ['http', () => ({ kind: 'http', url: server.url, read: { jsonPath: '$.n' } }), (n) => JSON.stringify({ n })],
  ['openmetrics', () => ({ kind: 'openmetrics', url: server.url, metric: 'n', read: 'value' }), (n) => `n ${n}\n`],
  [
    'prometheus',
    () => ({ kind: 'prometheus', url: server.url, query: 'n' }),
    (n) =>
      JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [(Date.now() + (aheadMs ?? 0)) / 1_000, String(n)] } }),
  ],
  [
    'slo-budget',
    () => {
      const count = (metric: string) => ({ kind: 'openmetrics', url: server.url, metric, read: 'value' });
      return { kind: 'slo-budget', objective: '99%', good: count('good'), total: count('total') };
    },
    () => 'good 99\ntotal 99\n',
  ],
];

/** Opens a signal as a guard does; each call asks once. */
function open(provider: object, more: Partial<ProbeDefinition> = {}, maxSkew = 5_000, motions: Motions = {}) {
  const definition = { provider: provider as ProbeDefinition['provider'], unit: '', every: 1_000, timeout: 2_000, ...more };
  const [signal] = openSignals({ probes: { n: definition }, slo: {}, guard: { maxSkew } }, ports, { motions });
  return async () => told(await measureOnce(signal!.probe, 2_000, forever));
}

describe.each(providers)('a source of %s', (_kind, spec, write) => {
  beforeEach(() => (page = write(1)));

  test('whose clock is right, or not told, is believed', async () => {
    const ask = open(spec());
    expect(await ask()).toBe(1);
    aheadMs = undefined;
    expect(await ask()).toBe(1);
    headers = { date: 'yesterday' };
    expect(await ask()).toBe(1);
  });

  test.each([
    [12_000, 'ahead of'],
    [-12_000, 'behind'],
  ])('whose clock is wrong by %i ms is an error that says so', async (ms, where) => {
    aheadMs = ms;
    page = write(1);
    const ask = open(spec());
    const host = new URL(server.url).host.replace(/\./g, '\\.');
    expect(await ask()).toMatch(
      new RegExp(`^error: the clock of ${host} is 1[12]\\.\\d s ${where} this worker's \\(maxSkew 5 s\\): synchronise both \\(NTP\\)$`),
    );
    expect(await open(spec(), {}, 30_000)()).toBe(1);
  });
});

test('a cache leaves the date as it was and says how long ago that is: no skew, but an age', async () => {
  const ask = open(providers[0]![1]());
  page = providers[0]![2](1);
  [aheadMs, headers] = [-42_000, { age: '42' }];
  expect(await ask()).toMatch(/^no-data: the value is 4[23]\.\d s old \(maxAge 5 s\)$/);
  [aheadMs, headers] = [-2_000, { age: '2' }];
  expect(await ask()).toBe(1);
});

test.each<[string, unknown, number | RegExp]>([
  ['now, in seconds', () => Date.now() / 1_000, 7],
  ['now, in milliseconds', () => Date.now(), 7],
  ['now, as a text', () => new Date().toISOString(), 7],
  ['old', () => Date.now() - 42_000, /^no-data: the value is 4\d\.\d s old \(maxAge 5 s\)$/],
  ['in the future', () => Date.now() + 60_000, /^no-data: the value is dated [56]\d\.\d s in the future/],
  ['missing', () => undefined, /^no-data: \$\.at found no time$/],
  ['null', () => null, /^no-data: \$\.at found no time$/],
  ['without a zone', () => '2026-11-24 10:00:00', /^error: \$\.at is not one time: .*got '"2026-11-24 10:00:00"'$/],
  ['nonsense', () => 'soon', /^error: \$\.at is not one time/],
  ['0', () => 0, /^error: \$\.at is not one time/],
])('a JSON value whose time is %s', async (_name, at, expected) => {
  page = JSON.stringify({ n: 7, at: (at as () => unknown)() });
  const answer = await open({ ...json, url: server.url })();
  if (typeof expected === 'number') expect(answer).toBe(expected);
  else expect(answer).toMatch(expected);
});

test('an age is asked for and the source tells no time: no data', async () => {
  page = 'n 1\n';
  expect(await open({ kind: 'openmetrics', url: server.url, metric: 'n', read: 'value' }, { maxAge: 30_000 })()).toMatch(
    /^no-data: the source tells no time, so the value's age is not known \(maxAge 30 s\)$/,
  );
});

test('timestamps of a scrape count, the oldest of what is added up, and a series may hold the time', async () => {
  const spec = { kind: 'openmetrics', url: server.url, metric: 'n', read: 'value' };
  page = `n{a="1"} 1 ${Date.now()}\nn{a="2"} 2 ${Date.now() - 42_000}\n`;
  expect(await open(spec)()).toMatch(/^no-data: the value is 4\d\.\d s old/);
  expect(await open({ ...spec, labels: { a: '1' } })()).toBe(1);
  const dated = open({ ...spec, at: { metric: 'n_collected_seconds' } });
  page = `n 1\nn_collected_seconds ${Date.now() / 1_000}\n`;
  expect(await dated()).toBe(1);
  page = `n 1\nn_collected_seconds ${Date.now() / 1_000 - 42}\n`;
  expect(await dated()).toMatch(/^no-data: the value is 4\d\.\d s old/);
  page = 'n 1\n';
  expect(await dated()).toBe('no-data: the scrape has no such series of n_collected_seconds');
  page = 'n 1\nn_collected_seconds NaN\n';
  expect(await dated()).toBe('error: n_collected_seconds is not a time in epoch seconds');
});

describe('a frozen counter under load', () => {
  const read = (how: unknown, more: object = {}) => ({ kind: 'openmetrics', url: server.url, metric: 'done_total', read: how, ...more });
  const within = { mustMoveWithin: 200 };
  const pause = () => new Promise((resolve) => setTimeout(resolve, 300));

  test('is no rate of 0, which would look healthy', async () => {
    const ask = open(read('rate'), within);
    page = 'done_total 100\n';
    expect(await ask()).toBe('no-data: no earlier scrape to compare with');
    page = 'done_total 110\n';
    expect(await ask()).toBeGreaterThan(0);
    await pause();
    expect(await ask()).toMatch(/^no-data: frozen: 110 has not moved for 0\.\d s \(mustMoveWithin 0\.2 s\)$/);
    page = 'done_total 4\n'; // the process began anew
    expect(await ask()).toBeGreaterThan(0);
    expect(await open(read('rate'))()).toMatch(/no earlier scrape/);
  });

  test('of a ratio it is the denominator that must move; errors may rest', async () => {
    const ask = open(read({ ratioOf: { metric: 'done_total' } }, { labels: { r: 'error' } }), within);
    const write = (ok: number) => (page = `done_total{r="ok"} ${ok}\ndone_total{r="error"} 3\n`);
    write(100);
    await ask();
    for (const ok of [110, 120, 130]) {
      write(ok);
      expect(await ask()).toBe(0);
      await pause();
    }
    expect(await ask()).toMatch(/^no-data: frozen: 133 has not moved/); // the window still holds events, so the share would be 0
  });

  test('a value that was never seen to move is none, and a guard that goes on from a checkpoint remembers where it stood', async () => {
    page = 'done_total 7\n';
    const motions: Motions = {};
    const ask = open(read('value'), within, 5_000, motions);
    expect(await ask()).toMatch(/^no-data: it has not been seen to move yet/);
    page = 'done_total 8\n';
    expect(await ask()).toBe(8);
    const saved = JSON.parse(JSON.stringify(motions)) as Motions;
    expect(saved).toEqual({ n: { raw: 8, sinceMs: expect.any(Number) as number, moved: true } });
    await pause();
    expect(await open(read('value'), within, 5_000, saved)()).toMatch(/^no-data: frozen: 8 has not moved/);
  });

  test('a look that is too short to judge does not ask for movement', async () => {
    page = 'done_total 7\n';
    const definition = { provider: read('value'), unit: '', every: 1_000, timeout: 2_000, ...within };
    const [signal] = openSignals({ probes: { n: definition }, slo: {} }, ports);
    expect(told(await measureOnce(signal!.probe, 2_000, forever))).toBe(7);
  });
});

test('of two sources the older time and the clock that is farther off count', () => {
  const clock = (ms: number) => ({ whose: String(ms), fromMs: ms, toMs: ms });
  const [one, other]: Provenance[] = [
    { sourceAtMs: 5, clock: clock(-9) },
    { sourceAtMs: 3, usualAgeMs: 7, clock: clock(8) },
  ];
  expect(both(one!, other!)).toEqual({ sourceAtMs: 3, usualAgeMs: 7, clock: clock(-9) });
  expect(both({}, other!)).toEqual(other);
  expect(both({}, {})).toEqual({});
});

test('a slow answer tells less of a clock, never something wrong', () => {
  const sentMs = Date.UTC(2026, 10, 24, 12, 0, 0);
  const seen = (elapsedMs: number) =>
    provenanceOf('http://a:1/x', { status: 200, headers: { date: 'Tue, 24 Nov 2026 12:00:10 GMT' }, body: '', sentMs, elapsedMs });
  expect(seen(0).clock).toEqual({ whose: 'a:1', fromMs: 10_000, toMs: 11_000 });
  expect(seen(9_000).clock).toEqual({ whose: 'a:1', fromMs: 1_000, toMs: 11_000 });
});

test.each([
  [1_700_000_000, 1_700_000_000_000],
  [1_700_000_000_123, 1_700_000_000_123],
  ['2026-11-24T10:00:00Z', Date.UTC(2026, 10, 24, 10)],
  ['2026-11-24T10:00:00.5+02:00', Date.UTC(2026, 10, 24, 8) + 500],
  ['2026-11-24T10:00:00', undefined],
  ['2026-13-24T10:00:00Z', undefined],
  [-1, undefined],
  [NaN, undefined],
  [Infinity, undefined],
  [true, undefined],
])('%p is the time %p', (written, ms) => expect(parseTime(written)).toBe(ms));

test('an open probe alone judges nothing: it tells what it knows', async () => {
  page = JSON.stringify({ n: 7, at: 1_700_000_000 });
  const reading = await measureOnce(openProbe({ ...json, url: server.url }, ports), 2_000, forever);
  expect(reading).toMatchObject({ kind: 'value', value: 7, sourceAtMs: 1_700_000_000_000, clock: { whose: new URL(server.url).host } });
});
