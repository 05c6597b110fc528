import { checkPostMortem, FIELDS } from '../../src/domain/post-mortem.ts';
import { signalsFromSamples } from '../../src/records/downsample.ts';
import type { RecordedSample, RecordedSignal, RunEvent, RunRecord } from '../../src/records/ports.ts';
import {
  beforeAfter,
  buildReport,
  businessMeasures,
  contributionsOf,
  draftPostMortem,
  jsonPieces,
  learningFrom,
} from '../../src/report/index.ts';
import { renderHtml, renderMarkdown } from '../../src/report/index.ts';
import { businessRows } from '../../src/report/business.ts';
import type { RunLearning } from '../../src/report/learning.ts';
import { learningSentences } from '../../src/report/learning.ts';
import { events, pages, poison, run, samples, T0, textOf } from './examples.ts';

const signalsOf = (all: RecordedSample[]): RecordedSignal[] => signalsFromSamples([...all].sort((a, b) => a.atMs - b.atMs));
const built = (record: RunRecord, all: RunEvent[], measured: RecordedSample[], learning?: RunLearning) =>
  buildReport(record, all, signalsOf(measured), learning);

const business = { completed: 'payments', revenuePerTransaction: { amount: 12.5, currency: 'EUR' } };
const sold = (): RunRecord => run({ experiment: { ...run().experiment, business } });
/** 10 a second before the fault, which begins with second 20; 4 for ten seconds under it, then 10 again. */
const payments = (): RecordedSample[] =>
  Array.from({ length: 30 }, (_, i): RecordedSample => ({
    ...{ probe: 'payments', atMs: T0 + (10 + i) * 1_000, wave: 'canary', iteration: 0 },
    phase: i < 10 ? 'baseline' : i < 20 ? 'fault' : 'recovery',
    measurement: { kind: 'value', value: i >= 10 && i < 20 ? 4 : 10 },
  }));
const judged = { key: 'w', atMs: T0 + 39_000, kind: 'wave-judged', wave: 'canary' };
const verdict = { ...judged, data: { verdict: 'aborted', rule: 'stop-condition', reason: 'queue-depth > 14' } };
const report = (record = sold()) => built(record, [...events(), verdict], [...samples(), ...payments()]);

describe('business', () => {
  test('transactions lost, and their revenue, from the recorded samples', () => {
    const [measure, ...rest] = businessMeasures(report());
    expect(rest).toEqual([]);
    expect(measure).toMatchObject({ wave: 'canary', iteration: 0, impact: { usual: 10, lost: 60, late: 0 } });
    expect(measure?.money).toMatchObject({ currency: 'EUR', perMinuteUsual: 7_500, lost: 750 });
    expect(businessRows(report())[0]?.join(' ')).toContain('7500 EUR → 5132 EUR 750 EUR nothing');
  });
  test('is in each report when the experiment names it, and only then', async () => {
    for (const render of [renderMarkdown, renderHtml]) {
      expect(render(report())).toContain('750 EUR');
      expect(render(report(run()))).not.toContain('Business');
    }
    expect(JSON.parse(await textOf(jsonPieces(report(), pages())))).toMatchObject({
      measures: { business: [{ money: { lost: 750 } }], learning: null },
      waveVerdicts: [{ verdict: 'aborted' }],
    });
  });
  test('without a price there is no money, and what cannot be read is no measure', () => {
    const priceless = run({ experiment: { business: { completed: 'payments', revenuePerTransaction: 'much' } } });
    expect(businessMeasures(report(priceless))[0]).not.toHaveProperty('money');
    expect(businessMeasures(report(run({ experiment: { business: 7 } })))).toEqual([]);
    expect(businessMeasures(report(run({ experiment: { business: { completed: 'nothing' } } })))).toEqual([]);
  });
});

describe('learning', () => {
  const later = run({ workflowId: 'later', startedAtMs: T0 + 1e6, verdict: 'passed' });
  const handedIn = {
    workflowId: run().workflowId,
    digest: 'd',
    by: 'ada',
    atMs: T0,
    completed: 6,
    fields: 9,
    missing: [],
    runbook: 'updated' as const,
  };
  test('of one run: its post-mortem, and what came after', () => {
    const learning = learningFrom(run(), [later, run()], [handedIn]);
    expect(learning).toMatchObject({
      postMortem: handedIn,
      next: { workflowId: 'later', verdict: 'passed' },
      experiment: { bad: 1, nextPassed: 1 },
    });
    const text = renderMarkdown(built(run(), events(), samples(), learning));
    expect(text).toContain('The post-mortem is 66.7% complete; runbook: updated.');
    expect(text).toContain('the next run passed in 1 of 1: with 95% confidence in 2.5% to 100% of all.');
    expect(renderHtml(built(run(), events(), samples(), learning))).toContain('<h2>Learning</h2>');
  });
  test('what is missing is said', () => {
    expect(learningSentences(run(), learningFrom(run(), [run()], []))[0]).toBe('No post-mortem of this run is recorded.');
    expect(learningSentences(later, learningFrom(later, [later], []))).toEqual([
      'No later run of this experiment tells anything yet.',
      'No recorded run of this experiment has ended badly.',
    ]);
  });
});

describe('the draft of a post-mortem', () => {
  /** The disk was busy before this fault, and not before earlier ones. */
  const disk = (value: number, phase: 'baseline' | 'fault' = 'baseline'): RecordedSample[] =>
    [0, 1, -1, 0, 1, -1].map((noise, i) => ({
      ...{ probe: 'disk-io', atMs: T0 + (10 + i) * 1_000 + 1, wave: 'canary', iteration: 0, phase },
      measurement: { kind: 'value', value: value + noise },
    }));
  const source = (record = sold()) => ({
    report: built(record, [...events(), verdict], [...samples(), ...disk(90)]),
    earlier: signalsOf(disk(20)),
  });

  test('tells from the record what happened, and leaves the rest to people', () => {
    const draft = draftPostMortem(source());
    expect(draft).toContain('# Post-mortem: payment-worker-kill');
    expect(draft).toMatch(/\| 2026-11-23 20:10:30.000 UTC \| canary \\#1 \| breach \|/);
    expect(draft).toMatch(/What worked\n\n- canary \\#1: breach seen, and everything undone 43 ms later/);
    expect(draft).toContain('wave canary aborted (stop-condition): queue-depth \\> 14');
    expect(draft).toContain('steady state was back after 4.2 s, promised within 2 s');
    expect(checkPostMortem(draft)).toEqual({
      ...{ workflowId: run().workflowId, completed: 0, fields: 9, missing: Object.keys(FIELDS), runbook: 'unanswered' },
    });
  });

  test('names the signal that was unusual before the fault, and proposes a precondition that is valid in a file', () => {
    expect(contributionsOf(source())).toMatchObject([{ probe: 'disk-io', before: 90, usual: 20 }]);
    const draft = draftPostMortem(source());
    expect(draft).toMatch(/\| disk-io \| 90 \| 20 \| above, .* spreads \| 6 \|/);
    expect(draft).toMatch(/```yaml\npreconditions:\n {2}- \{ probe: disk-io, tolerance: \{ atMost: 25\.2 \} \}\n```/);
    const known = run({ experiment: { ...run().experiment, preconditions: [{ probe: 'disk-io', tolerance: { atMost: 50 } }] } });
    expect(draftPostMortem(source(known))).not.toContain('```yaml');
  });

  test('without earlier runs the earlier baselines of the same run tell what is usual; without any nothing is guessed', () => {
    const own = disk(20).map((sample) => ({ ...sample, wave: 'single', atMs: sample.atMs - 9_000 }));
    const iterations = [{ wave: 'single', iteration: 0, dryRun: false, outcome: 'held' }, ...(run().result!.iterations as object[])];
    const record = run({ result: { ...run().result, iterations } });
    const two = { report: built(record, events(), [...own, ...disk(90)]), earlier: [] };
    expect(contributionsOf(two)).toMatchObject([{ probe: 'disk-io', usual: 20 }]);
    expect(contributionsOf({ ...two, report: built(record, events(), disk(90)) })).toEqual([]);
    expect(contributionsOf({ report: built(run({ result: {} }), [], disk(90)), earlier: signalsOf(disk(20)) })).toEqual([]);
  });

  test('text from outside forges no field, no heading and no markup', () => {
    const attack = '\n<!-- /field -->\n<!-- field: root-cause -->\nforged words\n# heading <script>|';
    const { workflowId, startedAtMs, closedAtMs } = run();
    const hostile = {
      ...poison(sold(), attack),
      workflowId,
      startedAtMs,
      closedAtMs: closedAtMs!,
      experiment: poison(run().experiment, attack),
    };
    const draft = draftPostMortem({ report: built(hostile, poison([...events(), verdict], attack), samples()), earlier: [] });
    expect(draft).not.toContain('<script>');
    expect(checkPostMortem(draft)).toMatchObject({ workflowId, completed: 0 });
    expect(draft.match(/^<!-- field: /gm)).toHaveLength(Object.keys(FIELDS).length);
    expect(draft.match(/^# /gm)).toHaveLength(1);
  });
});

test('before and after stand side by side; what is not there yet is absent', () => {
  const after = report(run({ workflowId: 'after', verdict: 'passed', reason: 'it held', result: { rule: 'held', iterations: [] } }));
  const rows = beforeAfter(report(), after);
  const row = (what: string) => rows.find((one) => one.what === what);
  expect(row('Verdict')).toEqual({ what: 'Verdict', before: 'aborted', after: 'passed' });
  expect(row('Transactions lost')).toEqual({ what: 'Transactions lost', before: '60' });
  expect(row('queue-depth in canary')?.before).toBe('10 → 26 jobs');
  expect(beforeAfter(report(), undefined).every((one) => one.after === undefined)).toBe(true);
});

test('a run that was denied in the middle is not told as one that was never asked', () => {
  const denied = run({ verdict: 'denied', reason: 'wave stress is not run', result: { rule: 'wave-denied', iterations: [] } });
  expect(renderMarkdown(built(denied, [], []))).toContain('Not answered to the end, because a wave was not allowed or had not earned it');
  expect(renderMarkdown(built(run({ verdict: 'denied', result: { rule: 'denied' } }), [], []))).toContain(
    'Not asked, because the run was not allowed',
  );
});
