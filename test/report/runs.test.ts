import MarkdownIt from 'markdown-it';
import type { RunEvent } from '../../src/records/ports.ts';
import { distribution } from '../../src/report/runs/distribution.ts';
import { renderRunsCsv, renderRunsHtml, renderRunsJson, renderRunsMarkdown } from '../../src/report/runs/index.ts';
import { measuresOf } from '../../src/report/runs/measures.ts';
import { summaryOf, warningsOf } from '../../src/report/runs/summary.ts';
import { events, poison, run, T0 } from './examples.ts';
import { elementsOf } from './parse.ts';
import { history, past, runsReport } from './runs-examples.ts';

describe('a distribution', () => {
  test('is by the nearest rank', () =>
    expect(distribution([5, 1, 4, 2, 3, 6, 7, 8, 9, 10])).toEqual({ count: 10, open: 0, median: 5, p90: 9, worst: 10 }));
  test('of nothing has no times', () =>
    expect(distribution([])).toEqual({ count: 0, open: 0, median: undefined, p90: undefined, worst: undefined }));
  test('counts what did not end in time as longer than all, so that it cannot look faster', () => {
    expect(distribution([1, 2, Infinity])).toEqual({ count: 3, open: 1, median: 2, p90: Infinity, worst: Infinity });
    expect(distribution([1, Infinity, Infinity])).toMatchObject({ open: 2, median: Infinity });
  });
});

describe('the measures of a run', () => {
  const at = (kind: string, seconds: number, data: RunEvent['data'], iteration = 0): RunEvent => ({
    ...{ key: `${kind}-${seconds}`, kind, atMs: T0 + seconds * 1_000, wave: 'canary', iteration, data },
  });
  test('come from its result and its events', () =>
    expect(measuresOf(run(), events())).toMatchObject({
      ...{ verdict: 'aborted', victims: 1, recoveries: [4_200], unmeasured: 0, withinMs: 2_000, leftovers: 0 },
      ...{ detections: [10_000], remediations: [], fullRecoveries: [14_243], stops: [43] },
    }));
  test('one that did not come back is not in time, for each of its victims', () =>
    expect(measuresOf(past(4, 'failed', [8_000, null]), [])).toMatchObject({ victims: 4, recoveries: [8_000, 8_000, Infinity, Infinity] }));
  test('each victim that was timed has a time of its own; one that did not come back has none', () => {
    const timed = past(1, 'passed', [1_000]);
    const recovery = { kind: 'recovered', inMs: 1_000, withinMs: 2_000, helpedBy: [], returnsInMs: [400] };
    const result = { ...timed.result, iterations: [{ wave: 'canary', iteration: 0, dryRun: false, outcome: 'held', recovery }] };
    expect(measuresOf({ ...timed, result }, [])).toMatchObject({ victims: 2, returns: [400, Infinity] });
    expect(measuresOf(timed, []).returns).toEqual([]);
  });
  test('victims after whom nobody looked are not measured, and not in time either', () => {
    const unseen = past(1, 'error', [1_000]);
    const result = {
      ...unseen.result,
      iterations: [{ wave: 'canary', iteration: 0, dryRun: false, outcome: 'stopped', recovery: { kind: 'not-needed' } }],
    };
    expect(measuresOf({ ...unseen, result }, [])).toMatchObject({ victims: 2, recoveries: [], unmeasured: 2 });
  });
  test('a run without a result is told by its events', () => {
    const { result: _result, verdict: _verdict, ...live } = run();
    expect(
      measuresOf(live, [...events().slice(0, 9), at('recovery', 34, { kind: 'recovered', inMs: 4_200, withinMs: 2_000, helpedBy: [] })]),
    ).toMatchObject({
      ...{ verdict: 'running', victims: 1, recoveries: [4_200], stops: [43], fullRecoveries: [14_243] },
    });
    expect(measuresOf(live, events().slice(0, 7))).toMatchObject({ victims: 1, recoveries: [], unmeasured: 1 });
  });
  test('a runbook counts from its beginning to its proof; one that did not help is not in time', () => {
    const books = [
      at('injected', 0, { outcome: 'injected' }),
      at('runbook', 5, { name: 'scale', outcome: 'begun' }),
      at('runbook', 6, { name: 'other', outcome: 'begun' }),
      at('runbook', 9, { name: 'scale', outcome: 'stable' }),
      at('runbook', 11, { name: 'other', outcome: 'not stable: a person must look' }),
      at('runbook', 12, { name: 'third', outcome: 'begun' }),
    ];
    const afterStop = [books[0]!, at('runbook', 5, { name: 'scale', outcome: 'begun', why: 'rollback after a stop' })];
    expect(measuresOf(past(1, 'failed', []), afterStop).detections).toEqual([]);
    expect(measuresOf(past(1, 'failed', []), books)).toMatchObject({ detections: [5_000], remediations: [4_000, Infinity, Infinity] });
  });
  test('a fault that is not undone ends with the watch over it', () => {
    const kill = [
      at('injected', 0, { outcome: 'injected' }),
      at('recovery', 90, { kind: 'recovered', inMs: 7_000 }),
      at('judged', 91, { outcome: 'held', faultMs: 60_000 }),
    ];
    expect(measuresOf(past(1, 'passed', []), kill).fullRecoveries).toEqual([67_000]);
    expect(measuresOf(past(1, 'passed', []), kill.slice(0, 2)).fullRecoveries).toEqual([90_000]);
    const lost = [at('injected', 0, { outcome: 'injected' }), at('recovery', 90, { kind: 'not-recovered' })];
    expect(measuresOf(past(1, 'failed', []), lost).fullRecoveries).toEqual([Infinity]);
  });
});

describe('the report', () => {
  test('begins with what all runs together say', () => {
    expect(summaryOf(runsReport())).toBe(
      '7 runs: 4 passed, 1 failed, 1 aborted, 1 denied. Recovery took 5 s at the median, 20 s for 90 % and not in time at worst, over 22 victims; 2 of them were not back in time. What was stopped was undone within 43 ms at worst.',
    );
    expect(summaryOf(runsReport([]))).toBe('No run fits what was asked for.');
    expect(summaryOf(runsReport([past(1, 'denied', [])]))).toBe('1 run: 1 denied. No recovery was measured.');
  });
  test('warns of what was left behind, cut off, scaled or still running', () => {
    const left = past(2, 'error', [], { result: { leftovers: ['a pause'] } });
    const { closedAtMs: _closed, ...live } = past(9, undefined, [], { timeScale: 0.1 });
    expect(warningsOf(runsReport([left, live], true))).toEqual([
      expect.stringMatching(/^kill\.payment-worker\.staging\.2 left something behind/),
      expect.stringMatching(/Only the newest 2 runs are here/),
      expect.stringMatching(/^1 of the runs had their durations scaled/),
      expect.stringMatching(/^1 of the runs had not ended/),
    ]);
    expect(warningsOf(runsReport())).toEqual([]);
  });
  test('as HTML: verdicts, a trend per experiment, recovery, speed, and every run, newest first', () => {
    const elements = elementsOf(renderRunsHtml(runsReport()));
    expect(elements.filter(({ name }) => name === 'h2').map(({ text }) => text)).toEqual([
      ...['Verdicts', 'Trend of recovery', 'Resilience scores', 'Recovery of the victims', 'How fast', 'Runs'],
    ]);
    const charts = elements.filter(({ attributes }) => attributes.class === 'chart');
    expect(charts.map(({ attributes }) => attributes['aria-label'])).toEqual([
      'recovery of the victims of broker-kill in staging over 1 runs, seconds',
      'recovery of the victims of payment-worker-kill in staging over 5 runs, seconds',
    ]);
    expect(elements.filter(({ attributes }) => attributes.class === 'at not-recovered').map(({ attributes }) => attributes.title)).toEqual([
      '2 not in time',
    ]);
    const rows = elements.filter(({ name, text }) => name === 'tr' && text.startsWith('kill.')).map(({ text }) => text);
    expect(rows).toHaveLength(7);
    expect(rows[0]).toBe('kill.payment-worker.staging.8passedbecause of day 82026-12-01 20:10:00.000 UTC10 min43.5 s4.5 s4.5 s–');
    expect(elements[0]?.text).not.toMatch(/NaN|Infinity|undefined/);
  });
  test('as Markdown: the same tables', () => {
    const html = new MarkdownIt({ html: true }).render(renderRunsMarkdown(runsReport()));
    const elements = elementsOf(`<page>${html}</page>`);
    expect(elements.filter(({ name }) => name === 'h2').map(({ text }) => text)).toEqual([
      ...['Verdicts', 'Resilience scores', 'Recovery of the victims', 'How fast', 'Runs'],
    ]);
    const cells = elements.filter(({ name }) => name === 'tr').map(({ children }) => children.map(({ text }) => text));
    expect(cells).toContainEqual(['payments', 'staging', '72.4', '1 of 3 waves', '4', '1', '0', '2026-12-01']);
    expect(cells).toContainEqual(['new', 'staging', 'no data', '0 of 1 waves', '0', '0', '0', 'never']);
    expect(cells).toContainEqual(['payment-worker-kill', 'payments', 'staging', '18', '6 s', 'not in time', 'not in time', '2', '0']);
    expect(cells).toContainEqual([
      'Time to recover',
      'end of the fault → steady state, per victim',
      '22',
      '5 s',
      '20 s',
      'not in time',
      '2',
    ]);
  });
  test('as JSON: null and a count where something was not in time', () =>
    expect(JSON.parse(renderRunsJson(runsReport()))).toMatchObject({
      format: 'breakwater.dev/runs-report/v1',
      asked: { Service: 'payments' },
      measures: {
        'Time to recover': { count: 22, notInTime: 2, medianMs: 5_000, p90Ms: 20_000, worstMs: null },
        'Breach → undone': { worstMs: 43 },
      },
      groups: [{}, { environment: 'production', verdicts: { denied: 1 } }, { verdicts: { passed: 3, failed: 1, aborted: 1 } }],
      runs: [{ verdict: 'passed', recovery: { medianMs: 4_000, worstMs: 5_000 } }, {}, {}, {}, {}, {}, {}],
    }));
  test('as CSV: one line a run', () => {
    const [head, ...rows] = renderRunsCsv(runsReport())
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    const column = (name: string) => rows.map((cells) => cells[head!.indexOf(name)]);
    expect(rows.every((cells) => cells.length === head!.length)).toBe(true);
    expect(column('verdict')).toEqual(['passed', 'passed', 'aborted', 'failed', 'passed', 'denied', 'passed']);
    expect(column('recovery_worst_ms')).toEqual(['5000', '9000', '20000', '', '3000', '', '4500']);
    expect(column('recovery_not_in_time')).toEqual(['0', '0', '0', '2', '0', '0', '0']);
    expect(column('stop_worst_ms')[2]).toBe('43');
  });
  test.each([`<script>alert(1)</script>`, '| cell | *b* [l](javascript:x)', '=1+1', 'a\u0000\u202Eb', ']]> <!-- &lt;', `' onload='x`])(
    'text stays text: %j',
    (text) => {
      const [clean, dirty] = [runsReport(), runsReport(poison(history(), text), true)];
      const shape = (html: string) => new Set(elementsOf(html).flatMap(({ name, attributes }) => [name, ...Object.keys(attributes)]));
      expect(
        [...shape(renderRunsHtml(dirty))].filter((part) => !shape(renderRunsHtml(clean)).has(part) && part !== 'li' && part !== 'ul'),
      ).toEqual([]);
      const markdown = new MarkdownIt({ html: true }).render(renderRunsMarkdown(dirty));
      expect(markdown).not.toMatch(/<script|<a /);
      expect(renderRunsCsv(dirty)).not.toMatch(/(^|,|\n)"?=1/);
    },
  );
});
