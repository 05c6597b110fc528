import type { RunState } from '../../src/client.ts';
import { checkApproval } from '../../src/workflows/steering.ts';

// No patch is decided here, as in a run that began before signed approvals.
const waiting: RunState = {
  ...{ workflowId: 'run.1', phase: 'awaiting-approval', awaiting: 'start', digest: 'd', approvals: [], approvalsRequired: 2 },
  ...{ victims: [], iterations: [], leftovers: [], events: [] },
};
const check =
  (changes: Partial<RunState>, act: object = {}) =>
  (): void => {
    checkApproval({ ...waiting, ...changes }, { by: 'bob', digest: 'd', ...act });
  };

test('glass of a run that knows none is not taken for an ordinary approval, however often it is tried', () => {
  expect(check({})).not.toThrow();
  expect(check({}, { breakGlass: true })).toThrow('knows no glass to break');
  expect(check({ approvals: [{ by: 'bob' }] }, { breakGlass: true })).toThrow('knows no glass to break');
});

test('nobody is asked any more once the run is aborted, or closes', () => {
  expect(check({ aborted: { by: 'ann' } })).toThrow('nothing waits for approval while an abort ends the run');
  for (const phase of ['closing', 'closed'] as const) expect(check({ phase })).toThrow(`nothing waits for approval while ${phase}`);
});
