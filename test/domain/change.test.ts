import * as fc from 'fast-check';
import { describeChangeWindow, judgeChange, markOf, type ChangeAnswer } from '../../src/domain/change.ts';

const NOON = Date.UTC(2026, 2, 11, 12);
const about = { ticket: 'CHG1', atMs: NOON };
const yes: ChangeAnswer = { approved: true, reason: '', state: 'Implement' };

test.each<[ChangeAnswer['window'], boolean, string]>([
  [undefined, true, 'it allows it'],
  [{}, true, 'at any time'],
  [{ fromMs: NOON }, true, 'from 2026-03-11 12:00 UTC'],
  [{ fromMs: NOON + 1 }, false, 'its window has not begun'],
  [{ untilMs: NOON + 1 }, true, 'until 2026-03-11 12:00 UTC'],
  [{ untilMs: NOON }, false, 'its window is over'],
  [{ fromMs: NOON, untilMs: NOON }, false, 'ends before it begins'],
])('at noon, window %j: %s, %s', (window, allowed, reason) => {
  const decision = judgeChange(about, { ...yes, ...(window && { window }) }, 'servicenow');
  expect(decision).toMatchObject({ allowed, reason: expect.stringContaining(reason) as string, ticket: 'CHG1', system: 'servicenow' });
});

test('what is not approved is not allowed, whatever the window; ticket, state, window and whom to ask are in the reason', () => {
  const said = {
    approved: false,
    reason: 'nobody has approved it',
    state: 'Assess',
    window: { fromMs: NOON - 1, untilMs: NOON + 3_600_000 },
  };
  expect(judgeChange(about, said, 's', 'cab@example.com').reason).toBe(
    'ticket CHG1 (Assess): nobody has approved it; window 2026-03-11 11:59 UTC to 2026-03-11 13:00 UTC; ask cab@example.com',
  );
  expect(judgeChange(about, { ...said, contact: 'Ann' }, 's', 'cab@example.com').contact).toBe('Ann');
});

test('allowed exactly when it is approved and the hour is inside', () =>
  fc.assert(
    fc.property(fc.boolean(), fc.option(fc.integer()), fc.option(fc.integer()), fc.integer(), (approved, from, until, atMs) => {
      const window = { ...(from !== null && { fromMs: from }), ...(until !== null && { untilMs: until }) };
      const isInside = (from === null || atMs >= from) && (until === null || atMs < until);
      expect(judgeChange({ ticket: 'x', atMs }, { ...yes, approved, window }, 's').allowed).toBe(approved && isInside);
    }),
  ));

test('windows in words, and the name of a note', () => {
  expect(describeChangeWindow({ fromMs: 0, untilMs: 3_600_000 })).toBe('1970-01-01 00:00 UTC to 1970-01-01 01:00 UTC');
  expect(markOf({ workflowId: 'w', runId: 'r', moment: 'end' })).toBe('breakwater:w:r:end');
});
