import { WorkflowNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createApprovals } from '../../src/activities/approvals.ts';
import { createControl } from '../../src/activities/control.ts';
import { makePlan } from '../../src/language/digest.ts';
import type { PolicySource } from '../../src/policy/policy.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { setOf } from '../policy/set.ts';
import { experimentDocument } from '../workflows/harness/document.ts';

const plan = makePlan(experimentDocument({ approvals: { required: 1 } }), 7, 1);
const nowMs = () => Date.UTC(2026, 10, 26);
const away: PolicySource = () => Promise.reject(new Error('the folder is away'));

describe('nobody is asked under a policy that cannot be read', () => {
  test('policy files', async () => {
    await expect(createApprovals({ nowMs, policies: away }).tellApprovals(plan, 'ann')).rejects.toThrow(
      /nobody is asked under a policy that cannot be read: .*the folder is away/,
    );
    const policies = () => setOf([{ name: 'nobody', deny: 'not now' }]);
    expect(await createApprovals({ nowMs, policies }).tellApprovals(plan, 'ann')).toMatchObject({ proof: 'claim' });
  });

  test('a Rego bundle', async () => {
    const rego = (digest: string) => ({ file: 'bundle.tar.gz', ask: () => Promise.resolve({ digest, problem: 'no such file' }) });
    await expect(createApprovals({ nowMs, rego: rego('unreadable') }).tellApprovals(plan, 'ann')).rejects.toThrow('no such file');
    expect(await createApprovals({ nowMs, rego: rego('b'.repeat(64)) }).tellApprovals(plan, 'ann')).toMatchObject({ proof: 'claim' });
  });
});

test('an approval says in which execution it was given, and gates of another one are closed to it', async () => {
  const describe = () => Promise.reject(new WorkflowNotFoundError('no ledger, and no halt', 'ledger', undefined));
  const withAbortSignal = <R>(_signal: unknown, act: () => R): R => act();
  const client = { withAbortSignal, workflow: { getHandle: () => ({ describe }) } } as never;
  const run = (runId: string) => new MockActivityEnvironment({ workflowExecution: { workflowId: 'run.1', runId } }, { client });
  const { digest } = plan;
  const question = { workflowId: 'run.1', asking: { number: 1, what: 'start', runId: 'r-1', digest, policy: 'p' }, requestedBy: 'ann' };
  const given = await run('r-1').run(createApprovals({ nowMs }).verifyApproval, question, { by: 'bob' });
  expect(given).toMatchObject({ counts: true, by: 'bob', givenIn: 'r-1' });
  const { checkGates } = createControl({ records: createMemoryRecords(), nowMs });
  for (const approvedIn of [['r-1'], ['r-1', 'r-2']])
    expect(await run('r-2').run(checkGates, plan, { requestedBy: 'ann', approvedIn })).toMatchObject({
      open: false,
      rule: 'approval',
      reason: expect.stringContaining('before somebody reset this run') as string,
    });
});
