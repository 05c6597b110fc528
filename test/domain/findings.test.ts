import fc from 'fast-check';
import { findingsOf, type FindingRun } from '../../src/domain/findings.ts';
import type { Verdict } from '../../src/domain/verdict.ts';

const run = (atMs: number, verdict: Verdict | undefined, planDigest = 'a'): FindingRun => ({
  ...{ workflowId: `run-${atMs}`, name: 'kill', service: 'payments', environment: 'staging', planDigest, startedAtMs: atMs },
  ...(verdict && { verdict, reason: `${verdict} at ${atMs}` }),
});

test('a failed run opens a finding, another failure is the same one, and only the same plan and seed closes it', () => {
  const story = [run(1, 'failed'), run(2, 'passed', 'b'), run(3, 'failed'), run(4, 'inconclusive'), run(5, undefined)];
  expect(findingsOf(story)).toMatchObject([{ run: { startedAtMs: 1 }, latest: { startedAtMs: 3 }, seen: 2 }]);
  expect(findingsOf(story)[0]).not.toHaveProperty('closedBy');
  expect(findingsOf([...story, run(6, 'passed')])[0]).toMatchObject({ closedBy: { startedAtMs: 6 }, latest: { reason: 'failed at 3' } });
});

test('what fails again after it was mended is another finding', () =>
  expect(findingsOf([run(1, 'failed'), run(2, 'passed'), run(3, 'aborted')])).toMatchObject([
    { run: { startedAtMs: 3 }, proposal: expect.stringContaining('precondition') as string },
    { run: { startedAtMs: 1 }, closedBy: { startedAtMs: 2 } },
  ]));

test.each<Verdict>(['passed', 'denied', 'void', 'inconclusive'])('%s opens none', (verdict) =>
  expect(findingsOf([run(1, verdict)])).toEqual([]),
);

test('the order in which runs are read is nothing, and a plan has one open finding at most', () => {
  const verdicts = fc.constantFrom<Verdict>('passed', 'failed', 'aborted', 'invalid', 'error', 'void', 'denied', 'inconclusive');
  fc.assert(
    fc.property(fc.array(fc.tuple(verdicts, fc.constantFrom('a', 'b')), { maxLength: 12 }), (story) => {
      const runs = story.map(([verdict, digest], i) => run(i, verdict, digest));
      expect(findingsOf([...runs].reverse())).toEqual(findingsOf(runs));
      for (const digest of ['a', 'b']) {
        const mine = findingsOf(runs).filter((finding) => finding.run.planDigest === digest);
        expect(mine.filter(({ closedBy }) => !closedBy).length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
