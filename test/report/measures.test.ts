import { signalsFromSamples } from '../../src/records/downsample.ts';
import { buildReport, csvPieces, jsonPieces, renderHtml, renderMarkdown } from '../../src/report/index.ts';
import { comparisonRows } from '../../src/report/measure-rows.ts';
import { impacts, recoveryMeasure } from '../../src/report/measures.ts';
import type { RecordedSample } from '../../src/records/ports.ts';
import { judgement } from '../domain/facts.ts';
import { events, pages, poison, run, samples, signals, textOf, T0 } from './examples.ts';

const compared = (key: string, change: Parameters<typeof judgement>[0]) => ({
  ...{ key, atMs: T0 + 36_000, kind: 'compared', wave: 'canary', iteration: 0 },
  data: { ...judgement({ wave: 'canary', ...change }) },
});
const report = () =>
  buildReport(run(), [...events(), compared('c1', {}), compared('c2', { outcome: 'refuted', decidedBy: 'at-end' })], signals());

test('impact is the shift of the median, with an interval that holds it; waves that only walked have none', () => {
  const [impact, ...rest] = impacts(report());
  expect(rest).toEqual([]);
  expect(impact).toMatchObject({ wave: 'canary', probe: 'queue-depth', baseline: 10, fault: 26, shift: 16 });
  expect(impact!.interval!.low).toBeLessThanOrEqual(16);
  expect(impact!.interval!.high).toBeGreaterThanOrEqual(16);
  expect(impacts(report())).toEqual(impacts(report()));
  expect(impacts(buildReport(run(), [], signalsFromSamples(samples().slice(0, 9))))).toEqual([]);
});

test('recovery counts what came back in time, with the interval of the ratio', () => {
  expect(recoveryMeasure({ run: run() })).toMatchObject({ recovered: 0, of: 1, times: { median: 4_200 } });
  const back = { wave: 'w', dryRun: false, outcome: 'held', recovery: { kind: 'recovered', inMs: 10, withinMs: 20, helpedBy: [] } };
  const twenty = run({ result: { iterations: Array.from({ length: 20 }, (_, iteration) => ({ ...back, iteration })) } });
  expect(recoveryMeasure({ run: twenty })).toMatchObject({ recovered: 20, of: 20, interval: { high: 1 } });
  expect(recoveryMeasure({ run: twenty })!.interval.low).toBeCloseTo(0.8316, 4);
  const { result: _result, ...live } = run();
  expect(recoveryMeasure({ run: live })).toBeUndefined();
});

test('the newest judgement of a comparison is shown, and one that cannot be read is left out', () => {
  expect(comparisonRows(report())).toEqual([
    ['canary', 'latency', 'refuted', 'at the end (rank-sum test)', expect.stringContaining('shifted by 60 (40 to 90)')],
  ]);
  expect(comparisonRows({ events: [{ ...compared('x', {}), data: { probe: 'p', outcome: 'holds' } }] })).toEqual([]);
});

test('every format has them', async () => {
  for (const text of [renderHtml(report()), renderMarkdown(report())]) {
    expect(text).toMatch(/Recovered in time in 0 of 1/);
    expect(text).toContain('rank-sum test');
  }
  expect(JSON.parse(await textOf(jsonPieces(report(), pages())))).toMatchObject({
    comparisons: [{}, { outcome: 'refuted' }],
    measures: { impact: [{ shift: 16 }], recovery: { of: 1 } },
  });
});

describe('CSV', () => {
  const csv = (...all: RecordedSample[]) => textOf(csvPieces(run(), pages(all), () => Promise.resolve(signals())));
  const lines = (text: string) => text.split('\r\n');
  test('has every sample with its unit, and gaps with their reason', async () => {
    const [head, first, ...rest] = lines(await csv(...samples()));
    expect(head).toBe('time_utc,epoch_ms,wave,iteration,phase,signal,unit,kind,value,problem');
    expect(first).toBe(`2026-11-23T20:10:10.000Z,${T0 + 10_000},canary,1,baseline,queue-depth,jobs,value,10,`);
    expect(rest).toHaveLength(30);
    expect(rest[14]).toBe(`2026-11-23T20:10:25.000Z,${T0 + 25_000},canary,1,fault,queue-depth,jobs,no-data,,empty result`);
  });
  const odd = (wave: string, reason: string): RecordedSample => ({ ...samples()[15]!, wave, measurement: { kind: 'error', reason } });
  test('quotes what needs it; a negative number stays one', async () => {
    expect(await csv(odd('w', 'a "b", c\nd'))).toContain('"a ""b"", c\nd"');
    expect(await csv({ ...samples()[0]!, measurement: { kind: 'value', value: -3 } })).toContain(',value,-3,');
  });
  test.each(['=HYPERLINK("x")', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', ' =1', '\u00a0=1', '\uFF1D1', '\uFEFF=1', '\u0000=1'])(
    'no text becomes a formula: %j',
    async (text) => {
      const line = (await csv(odd(text, text))).slice((await csv()).length);
      const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,\r\n]*))/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
      expect([cells[2], cells[9]]).toEqual(Array(2).fill(`'${text.replaceAll('"', '""')}`));
    },
  );
  test('has buckets where the samples are gone', async () => {
    const thinned = signals().map((signal) => ({ ...signal, isFull: false }));
    const [head, first, ...rest] = lines(await textOf(csvPieces(run(), pages(), () => Promise.resolve(thinned))));
    expect(head).toBe('time_utc,epoch_ms,to_epoch_ms,wave,iteration,phase,signal,unit,values,problems,min,mean,max,last,problem');
    expect(first).toBe(`2026-11-23T20:10:10.000Z,${T0 + 10_000},${T0 + 10_000},canary,1,baseline,queue-depth,jobs,1,0,10,10,10,10,`);
    expect(rest[14]).toContain('jobs,0,1,,,,,no-data: empty result');
  });
});

test.each([`<script>alert(1)</script>`, '| cell | *b*', 'a\u0000\u202Eb'])('text of a judgement is escaped: %j', (text) => {
  const data = poison({ ...judgement({ wave: 'canary', missing: 'more' }) }, text);
  const html = renderHtml(buildReport(run(), [{ ...compared('c', {}), data }], signals()));
  expect(html).not.toContain('<script>');
  expect(html).not.toContain('\u202E');
});
