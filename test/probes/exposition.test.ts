import * as fc from 'fast-check';
import { parseExposition } from '../../src/probes/exposition.ts';

test('reads the text format of Prometheus', () => {
  const { samples, families } = parseExposition(
    [
      '# HELP http_requests_total All requests.',
      '# TYPE http_requests_total counter',
      'http_requests_total{method="post",code="200"} 1027 1395066363000',
      'http_requests_total{method="post",code="400",}    3',
      '# a comment',
      '',
      'msdos{path="C:\\\\DIR\\\\F.TXT",error="Cannot find:\\n\\"F.TXT\\""} 1.458255915e9',
      'plain 12.47',
      'odd{problem="division by zero"} +Inf -3982045',
      'nothing NaN',
      'braces{} 1',
    ].join('\n'),
  );
  expect(samples).toEqual([
    { name: 'http_requests_total', labels: { method: 'post', code: '200' }, value: 1027, timestampMs: 1395066363000 },
    { name: 'http_requests_total', labels: { method: 'post', code: '400' }, value: 3 },
    { name: 'msdos', labels: { path: 'C:\\DIR\\F.TXT', error: 'Cannot find:\n"F.TXT"' }, value: 1.458255915e9 },
    { name: 'plain', labels: {}, value: 12.47 },
    { name: 'odd', labels: { problem: 'division by zero' }, value: Infinity, timestampMs: -3982045 },
    { name: 'nothing', labels: {}, value: NaN },
    { name: 'braces', labels: {}, value: 1 },
  ]);
  expect([...families]).toEqual([['http_requests_total', 'counter']]);
});

test('reads OpenMetrics: seconds, exemplars, the end', () => {
  const { samples, families } = parseExposition(
    '# TYPE foo counter\n# UNIT foo_seconds seconds\nfoo_total{a="}"} 17.0 1520879607.789 # {trace_id="x y"} 0.67\nfoo_created 1.5\n# EOF\n',
  );
  expect(samples).toEqual([
    { name: 'foo_total', labels: { a: '}' }, value: 17, timestampMs: 1520879607789 },
    { name: 'foo_created', labels: {}, value: 1.5 },
  ]);
  expect(families.get('foo')).toBe('counter');
});

test.each([
  ['<!DOCTYPE html>\n<html>', /line 1 is not a metric \(no name\)/],
  ['ok 1\nbroken', /line 2 is not a metric \(no value\)/],
  ['a{b="c} 1', /labels/],
  ['a{b="c" d="e"} 1', /labels/],
  ['a{b="1",b="2"} 1', /label b twice/],
  ['a 0x10', /no value/],
  ['a 1 2 3', /no value/],
  ['{"json": 1}', /no name/],
  ['a 1\n# EOF\nb 2', /nothing may follow/],
])('%j is refused', (text, message) => {
  expect(() => parseExposition(text)).toThrow(message);
});

test('OpenMetrics without its end was cut off', () => {
  expect(() => parseExposition('a 1\n', 'application/openmetrics-text; version=1.0.0')).toThrow(/cut off/);
});

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const value = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constant(NaN));
const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
const printed = (v: number): string => (Number.isNaN(v) ? 'NaN' : v === Infinity ? '+Inf' : v === -Infinity ? '-Inf' : String(v));

test('what is written is read again, whatever the labels hold', () =>
  fc.assert(
    fc.property(
      name,
      fc.dictionary(
        label,
        fc.string({ unit: 'grapheme' }).map((s) => s.replace(/\r/g, '')),
      ),
      value,
      (metric, labels, v) => {
        const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
        const [sample] = parseExposition(`${metric}{${pairs.join(',')}} ${printed(v)}\n`).samples;
        expect({ ...sample?.labels }).toEqual({ ...labels });
        expect(sample?.name).toBe(metric);
        expect(sample?.value).toBe(v === 0 ? sample?.value : v);
      },
    ),
  ));

test('any text is read or refused, and soon', () =>
  fc.assert(
    fc.property(fc.string({ maxLength: 500 }), (text) => {
      const before = performance.now();
      try {
        parseExposition(text);
      } catch (error) {
        expect((error as Error).message).toMatch(/line|cut off/);
      }
      expect(performance.now() - before).toBeLessThan(200);
    }),
  ));

test('a long line without an end does not stall', () => {
  const before = performance.now();
  expect(() => parseExposition(`a{b="${'\\\\'.repeat(200_000)}`)).toThrow();
  expect(() => parseExposition(`a ${' '.repeat(200_000)}x y z`)).toThrow();
  expect(performance.now() - before).toBeLessThan(1_000);
});
