import { answer } from '../../src/report/answer.ts';
import { describeData } from '../../src/report/describe-data.ts';
import { faultWindows, stopLatencies } from '../../src/report/fault-windows.ts';
import { duration, quantity } from '../../src/report/format.ts';
import { iterationRows } from '../../src/report/iterations.ts';
import { limitsOf } from '../../src/report/limits.ts';
import { columnsOf, withHoles } from '../../src/report/columns.ts';
import { signalsOf } from '../../src/report/signals.ts';
import { victimRows } from '../../src/report/victims.ts';
import { signalsFromSamples } from '../../src/records/downsample.ts';
import { events, run, samples, signals, T0 } from './examples.ts';

/** A run that is going on has neither verdict nor result. */
const running = () => {
  const { verdict: _v, reason: _r, result: _x, closedAtMs: _c, ...rest } = run();
  return rest;
};

describe('limits', () => {
  test('come from steady state, stop conditions and each baseline; errors in a row have no line', () => {
    expect(limitsOf(run().experiment, signals())).toEqual({
      'queue-depth': [
        { label: 'steady state', kind: 'steady-state', value: 12, direction: 'above' },
        {
          label: 'stop: 40% above baseline, canary #1',
          kind: 'stop',
          value: 14,
          direction: 'above',
          fromMs: T0 + 10_000,
          toMs: T0 + 39_000,
        },
        { label: 'stop', kind: 'stop', value: 100, direction: 'above' },
      ],
    });
  });
  test('a range has two; a lower bound is crossed below', () => {
    const steadyState = [
      { probe: 'a', tolerance: { between: [1, 2] } },
      { probe: 'b', tolerance: { atLeast: 5 } },
    ];
    expect(limitsOf({ steadyState }, [])).toEqual({
      a: [expect.objectContaining({ value: 2, direction: 'above' }), expect.objectContaining({ value: 1, direction: 'below' })],
      b: [{ label: 'steady state', kind: 'steady-state', value: 5, direction: 'below' }],
    });
  });
  test.each([undefined, null, 7, {}, { stopConditions: 'all' }, { steadyState: [{}] }])(
    'an experiment that cannot be read (%j) gives none',
    (experiment) => expect(limitsOf(experiment, [])).toEqual({}),
  );
});

describe('fault windows', () => {
  test('last from the injection to the undo', () =>
    expect(faultWindows(events())).toEqual([{ wave: 'canary', iteration: 0, fromMs: T0 + 20_000, toMs: T0 + 30_043 }]));
  test('without an undo, to recovery', () =>
    expect(faultWindows(events().filter(({ kind }) => kind !== 'undo'))[0]?.toMs).toBe(T0 + 34_000));
  test('without either have no end', () => expect(faultWindows(events().slice(0, 7))[0]).not.toHaveProperty('toMs'));
  test('a skipped injection is none', () =>
    expect(faultWindows(events().map((event) => ({ ...event, data: { ...event.data, outcome: 'skipped' } })))).toEqual([]));
});

describe('stop latency', () => {
  test('is from the breach to the last undo', () =>
    expect(stopLatencies(events())).toEqual([{ wave: 'canary', iteration: 0, cause: 'breach', latencyMs: 43 }]));
  test('an abort that names no wave counts for the iteration that it hit', () => {
    const aborted = events().map((event) => (event.kind === 'breach' ? { key: 'a', kind: 'abort', atMs: event.atMs, data: {} } : event));
    expect(stopLatencies(aborted)).toEqual([{ wave: 'canary', iteration: 0, cause: 'abort', latencyMs: 43 }]);
  });
  test('nothing stopped, nothing measured', () => expect(stopLatencies(events().filter(({ kind }) => kind !== 'breach'))).toEqual([]));
});

describe('answers', () => {
  test.each([
    ['passed', /^Yes, it held/],
    ['failed', /^No, it was refuted/],
    ['error', /Breakwater itself failed/],
    ['denied', /not allowed/],
    ['invalid', /not proven/],
    ['__proto__', /^No answer \(__proto__\)/],
  ])('%s', (verdict, sentence) => expect(answer({ run: run({ verdict: verdict as 'passed' }) }).sentence).toMatch(sentence));
  test('a run without verdict is running, never passed', () =>
    expect(answer({ run: running() })).toMatchObject({ verdict: 'running', reason: 'the run has not ended' }));
});

describe('tables', () => {
  test('iterations, from the result', () =>
    expect(iterationRows({ run: run(), events: events() })).toEqual([
      { wave: 'dry', iteration: 0, dryRun: true, outcome: 'walked', victims: 0, recovery: 'not needed', startedAtMs: T0 + 1_000 },
      {
        ...{
          wave: 'canary',
          iteration: 0,
          dryRun: false,
          outcome: 'stopped',
          victims: 1,
          recovery: 'steady after 4.2 s, promised within 2 s, helped by scale-up',
        },
        ...{ startedAtMs: T0 + 10_000, faultMs: 10_043, stopLatencyMs: 43 },
      },
    ]));
  test('iterations of a run that is going on, from its events', () =>
    expect(iterationRows({ run: running(), events: events() }).map(({ wave, outcome, victims }) => [wave, outcome, victims])).toEqual([
      ['dry', 'walked', 0],
      ['canary', 'running', 1],
    ]));
  test('victims carry identity and proof', () =>
    expect(victimRows({ run: run(), events: events() })).toEqual([
      {
        ...{
          wave: 'canary',
          iteration: 0,
          name: 'worker-2 (pid 4711)',
          id: 'process:worker-2',
          identity: 'pid: 4711; startTicks: 123456; bootId: b-1',
        },
        ...{ outcome: 'injected, effect proven', evidence: 'state T in /proc/4711/stat', undone: 'SIGCONT sent, state S' },
      },
    ]));
  test('victims of a run that is going on, from its events', () =>
    expect(victimRows({ run: running(), events: events() })).toEqual([
      expect.objectContaining({ name: 'worker-2 (pid 4711)', outcome: 'injected' }),
    ]));
  test('signals count answers without value apart', () =>
    expect(signalsOf({ run: run(), signals: signals() })[0]?.phases).toEqual([
      { phase: 'baseline', values: 10, problems: 0, min: 10, median: 10, max: 10 },
      { phase: 'fault', values: 9, problems: 1, min: 22, median: 26, max: 31 },
      { phase: 'recovery', values: 10, problems: 0, min: 10, median: 10, max: 10 },
    ]));
});

test('an unknown event is told in words, the reason first', () => {
  expect(describeData({ nested: { deep: [1, { x: true }] }, reason: 'why not', nothing: null })).toBe(
    'reason: why not; nested: deep: 1, x: true; nothing: none',
  );
  expect(describeData({ inMs: 42_000, atMs: T0, lostMs: -1, ms: 3 })).toBe('in: 42 s; at: 2026-11-23 20:10:00.000 UTC; lostMs: -1; ms: 3');
  expect(describeData({ text: 'x'.repeat(10_000) }).length).toBeLessThanOrEqual(600);
});

test('numbers and durations as people read them; no value is not zero', () => {
  expect([quantity(null), quantity(0), quantity(0.00123456, 's'), quantity(1e21)]).toEqual(['no value', '0', '0.001235 s', '1e+21']);
  expect([43, 1_250, 125_000, 3_720_000, 3_600_000].map(duration)).toEqual(['43 ms', '1.25 s', '2 min 5 s', '1 h 2 min', '1 h']);
});

test('columns keep every peak, every gap and the order, and are as wide as asked', () => {
  const value = (i: number) => (i === 50_123 ? 999 : Math.sin(i));
  const many = Array.from({ length: 100_000 }, (_, i) => ({
    ...samples()[0]!,
    atMs: T0 + i,
    measurement: i === 70_001 ? { kind: 'error' as const, reason: 'gone' } : { kind: 'value' as const, value: value(i) },
  }));
  const columns = columnsOf(signalsFromSamples(many)[0]!.buckets, 1_000);
  expect(columns.length).toBeLessThanOrEqual(103);
  expect(Math.max(...columns.map(({ max }) => max))).toBe(999);
  expect(columns.reduce((sum, { values }) => sum + values, 0)).toBe(99_999);
  expect(columns.flatMap(({ problem }) => problem ?? [])).toEqual([{ atMs: T0 + 70_001, text: 'error: gone' }]);
  const single = columnsOf(signals()[0]!.buckets, 2_000);
  expect(single.filter(({ values }) => values === 0)).toHaveLength(1);
  expect(columns.map(({ atMs }) => atMs)).toEqual(columns.map(({ atMs }) => atMs).sort((a, b) => a - b));
});

test('where nothing was asked for long, the line has a hole', () => {
  const apart = signalsFromSamples(samples().filter((_, i) => i < 5 || i > 10))[0]!;
  const drawn = withHoles(columnsOf(apart.buckets, 0));
  expect(drawn.filter(({ values, problem }) => values === 0 && !problem).map(({ atMs }) => atMs)).toEqual([T0 + 17_500]);
});
