import { setTimeout as delay } from 'node:timers/promises';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { reach } from './harness/expectations.ts';
import { FakeSite } from './harness/fake-site.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

const needed = experimentDocument({ approvals: { required: 1 } });

describeWithTemporal('control workers as versions', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('a run waits for its version to be made current, passes, and moves on to the next version in its middle', async () => {
    const taskQueue = `versions-${process.pid}`;
    const site = new FakeSite();
    const waiting = await onStage(
      theatre,
      async (stage) => {
        const id = await stage.start();
        await delay(1_500);
        expect(site.calls).toEqual([]); // nobody gets work
        await stage.client.makeCurrent('one', 15_000);
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
        await stage.client.makeCurrent('two', 15_000);
        const { digest } = await reach(stage, waiting, 'awaiting-approval');
        await stage.client.approve(waiting, { by: 'bob', digest: digest! });
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

  test('a run that began before there were versions goes on with the first one, and one of a version when there are none any more', async () => {
    const taskQueue = `unversioned-${process.pid}`;
    let versioned = '';
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
        await stage.client.makeCurrent('one', 15_000);
        const { digest } = await reach(stage, waiting, 'awaiting-approval');
        await stage.client.approve(waiting, { by: 'bob', digest: digest! });
        expect(await stage.verdict(waiting)).toMatchObject({ verdict: 'passed' });
        versioned = await stage.start(needed);
        await reach(stage, versioned, 'awaiting-approval');
      },
      { taskQueue, buildId: 'one' },
    );
    await onStage(
      theatre,
      async (stage) => {
        await stage.client.makeCurrent(undefined, 15_000);
        const { digest } = await reach(stage, versioned, 'awaiting-approval');
        await stage.client.approve(versioned, { by: 'bob', digest: digest! });
        expect(await stage.verdict(versioned)).toMatchObject({ verdict: 'passed' });
      },
      { taskQueue },
    );
  }, 120_000);

  test('a version that no worker has is not made current', () =>
    onStage(theatre, async ({ client }) => {
      await expect(client.makeCurrent('nobody', 10)).rejects.toThrow();
    }));
});
