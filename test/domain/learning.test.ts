import fc from 'fast-check';
import { learningOf, nextRun, type LearningRun } from '../../src/domain/learning.ts';
import type { Verdict } from '../../src/domain/verdict.ts';

const run = (startedAtMs: number, verdict?: Verdict, name = 'kill'): LearningRun => ({
  ...{ workflowId: `${name}-${startedAtMs}`, name, service: 'payments', environment: 'staging', startedAtMs },
  ...(verdict && { verdict }),
});
const handedIn = (workflowId: string, completed: number, runbook: 'updated' | 'not-yet') => ({
  workflowId,
  completed,
  fields: 10,
  runbook,
});

test('post-mortems of bad ends, their completeness, runbooks, and how the next run ended', () => {
  const runs = [
    run(1, 'failed'),
    run(2, 'denied'),
    run(3, 'passed'),
    run(4, 'aborted'),
    run(5, 'failed'),
    run(6),
    run(7, 'failed', 'other'),
  ];
  const written = [handedIn('kill-1', 10, 'updated'), handedIn('kill-4', 5, 'not-yet'), handedIn('kill-3', 0, 'not-yet')];
  expect(learningOf(runs, written)).toMatchObject({ bad: 4, postMortems: 2, completeness: 0.75, runbooks: 1, nextPassed: 1, nextOf: 2 });
  expect(learningOf(runs, written).interval?.low).toBeCloseTo(0.0126, 3);
  expect(nextRun(runs[0]!, runs)?.workflowId).toBe('kill-3');
  expect(nextRun(runs[4]!, runs)).toBeUndefined();
});

test('nothing to learn from is no completeness and no rate', () =>
  expect(learningOf([run(1, 'passed')], [])).toEqual({
    bad: 0,
    postMortems: 0,
    completeness: null,
    runbooks: 0,
    nextPassed: 0,
    nextOf: 0,
  }));

test('counts are bounded, whatever the order', () => {
  const verdicts = fc.constantFrom<Verdict>('passed', 'failed', 'aborted', 'denied', 'void', 'error');
  fc.assert(
    fc.property(fc.array(verdicts, { maxLength: 12 }), (story) => {
      const runs = story.map((verdict, i) => run(i, verdict));
      const learnt = learningOf(runs, []);
      expect(learningOf([...runs].reverse(), [])).toEqual(learnt);
      expect(learnt.nextOf).toBeLessThanOrEqual(learnt.bad);
      expect(learnt.nextPassed).toBeLessThanOrEqual(learnt.nextOf);
    }),
  );
});

test('the next run is the first later one of the same experiment that tells something, of whatever runs', () => {
  const verdict = fc.option(fc.constantFrom<Verdict>('passed', 'failed', 'aborted', 'denied', 'void'), { nil: undefined });
  const story = fc.array(fc.tuple(fc.nat(9), verdict, fc.constantFrom('kill', 'pause')), { maxLength: 30 });
  const isNext = (one: LearningRun, before: LearningRun): boolean =>
    one.name === before.name && one.startedAtMs > before.startedAtMs && ['passed', 'failed', 'aborted'].includes(one.verdict ?? '');
  fc.assert(
    fc.property(story, (told) => {
      const runs = told.map(([startedAtMs, ended, name]) => run(startedAtMs, ended, name));
      for (const before of runs) {
        const later = runs.filter((one) => isNext(one, before)).map(({ startedAtMs }) => startedAtMs);
        expect(nextRun(before, runs)?.startedAtMs).toBe(later.length === 0 ? undefined : Math.min(...later));
      }
      const bad = runs.filter(({ verdict: ended }) => ended === 'failed' || ended === 'aborted');
      expect(learningOf(runs, []).nextOf).toBe(bad.filter((before) => runs.some((one) => isNext(one, before))).length);
    }),
  );
});
