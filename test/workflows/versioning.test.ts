import { setTimeout as delay } from 'node:timers/promises';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { reach } from './harness/expectations.ts';
import { FakeSite } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const needed = experimentDocument({ approvals: { required: 1 } });

describeWithTemporal('control workers as versions', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  /** What `temporal worker deployment set-current-version` calls. It is refused until a worker of that version polls. */
  async function makeCurrent({ client, taskQueue }: Stage, buildId: string): Promise<void> {
    const { workflowService, options } = client.temporal;
    const request = { namespace: options.namespace, deploymentName: taskQueue, buildId, version: `${taskQueue}.${buildId}` };
    for (let attempt = 1; ; attempt++) {
      try {
        await workflowService.setWorkerDeploymentCurrentVersion({ ...request, identity: 'test' });
        return;
      } catch (error) {
        if (attempt === 60) throw error;
        await delay(250);
      }
    }
  }

  test('a run waits for its version to be made current, passes, and moves on to the next version in its middle', async () => {
    const taskQueue = `versions-${process.pid}`;
    const site = new FakeSite();
    const waiting = await onStage(
      theatre,
      async (stage) => {
        const id = await stage.start();
        await delay(1_500);
        expect(site.calls).toEqual([]); // nobody gets work
        await makeCurrent(stage, 'one');
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
        const next = await stage.start(needed);
        await reach(stage, next, 'awaiting-approval');
        return next;
      },
      { taskQueue, site, buildId: 'one' },
    );
    await onStage(
      theatre,
      async (stage) => {
        await makeCurrent(stage, 'two');
        const { digest } = await reach(stage, waiting, 'awaiting-approval');
        await stage.client.approve(waiting, { by: 'ann', digest: digest! });
        expect(await stage.verdict(waiting)).toMatchObject({ verdict: 'passed' });
        const { workflowExecutionInfo } = await stage.client.temporal.workflowService.describeWorkflowExecution({
          namespace: stage.client.temporal.options.namespace,
          execution: { workflowId: waiting },
        });
        expect(workflowExecutionInfo?.versioningInfo?.deploymentVersion).toMatchObject({ buildId: 'two' });
      },
      { taskQueue, site, buildId: 'two' },
    );
  }, 120_000);

  test('a run that began before there were versions goes on with the first one', async () => {
    const taskQueue = `unversioned-${process.pid}`;
    const waiting = await onStage(
      theatre,
      async (stage) => {
        const id = await stage.start(needed);
        await reach(stage, id, 'awaiting-approval');
        return id;
      },
      { taskQueue },
    );
    await onStage(
      theatre,
      async (stage) => {
        await makeCurrent(stage, 'one');
        const { digest } = await reach(stage, waiting, 'awaiting-approval');
        await stage.client.approve(waiting, { by: 'ann', digest: digest! });
        expect(await stage.verdict(waiting)).toMatchObject({ verdict: 'passed' });
      },
      { taskQueue, buildId: 'one' },
    );
  }, 120_000);
});
