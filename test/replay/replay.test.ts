import { Worker } from '@temporalio/worker';
import { bundleFromSource, quietRuntime } from '../workflows/harness/stage.ts';
import { savedHistories } from './histories.ts';

describe('saved histories replay with this version', () => {
  let workflowBundle: { code: string };
  beforeAll(async () => {
    quietRuntime();
    workflowBundle = await bundleFromSource();
  }, 240_000);

  test('there are some, and each tells another story', async () => {
    const names = (await savedHistories()).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'aborted-in-hold',
        'approved-and-paused',
        'breach-with-runbook',
        'denied',
        'guard-lost-for-ever',
        'approved-and-aborted',
        'approval-void',
        'janitor-finds-what-nobody-can-read',
        'four-waves-with-ledger',
        'ledger-queue-halt-lift',
        'ledger-each-task-leaves-an-event',
        'passed-four-waves',
        'queued-and-halted',
        'ticket-is-told',
        'reviewed-commit-counts',
      ]),
    );
  });

  test('all of them', async () => {
    for (const { name, workflowId, history } of await savedHistories()) {
      const problem = await Worker.runReplayHistory({ workflowBundle }, history, workflowId).then(
        () => undefined,
        (error: unknown) => `${name}: ${String(error)}`,
      );
      expect(problem).toBeUndefined();
    }
  }, 240_000);

  test('a history of other decisions does not replay', async () => {
    const [saved] = (await savedHistories()).filter(({ name }) => name === 'passed-four-waves');
    const changed = JSON.parse(JSON.stringify(saved!.history).replaceAll('guardWave', 'watchWave')) as unknown;
    await expect(Worker.runReplayHistory({ workflowBundle }, changed, saved!.workflowId)).rejects.toThrow();
  }, 240_000);
});
