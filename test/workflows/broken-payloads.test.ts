import { randomUUID } from 'node:crypto';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { containing, countEvents, expectNothingLeft, reach } from './harness/expectations.ts';
import { endlessGuard } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

/** A payload as Temporal Web or another SDK may send it: text that is no JSON, or no text at all. */
const payload = (encoding: string, data: string | Buffer) => ({ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) });
const broken = [
  payload('json/plain', '{"by": "bob"'),
  payload('json/plain', ''),
  payload('binary/plain', Buffer.from([0xff, 0x00, 0x7b])),
  payload('binary/null', ''),
  payload('json/unheard-of', '{}'),
  { data: Buffer.from('{}') },
];

describeWithTemporal('payloads that nobody can read', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const startWith = async ({ client, taskQueue }: Stage, input: object): Promise<string> => {
    const workflowId = `raw.${randomUUID()}`;
    await client.temporal.workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId,
      workflowType: { name: 'experiment' },
      taskQueue: { name: taskQueue },
      requestId: randomUUID(),
      input: { payloads: [input] },
    });
    return workflowId;
  };

  test('as the input of a run: it is denied', () =>
    onStage(theatre, async (stage) => {
      for (const input of broken) {
        const id = await startWith(stage, input);
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'denied', reason: containing('input is not valid') });
        expect((await countEvents(stage, id))['WORKFLOW_TASK_FAILED']).toBeUndefined();
      }
    }));

  test('as signals, updates and queries: the run goes on, and can be steered', () =>
    onStage(theatre, async (stage) => {
      const { client, start, verdict } = stage;
      const id = await start(experimentDocument({ approvals: { required: 1 } }));
      const { digest } = await reach(stage, id, 'awaiting-approval');
      const { workflowService } = client.temporal;
      const run = { workflowExecution: { workflowId: id }, namespace: 'default' };
      for (const payload of broken) {
        const input = { payloads: [payload] };
        for (const signalName of ['guardArmed', 'no-such-signal'])
          await workflowService.signalWorkflowExecution({ ...run, signalName, input });
        for (const name of ['approve', 'reject', 'abort', 'pause', 'resume']) {
          const { outcome } = await workflowService.updateWorkflowExecution({
            ...run,
            request: { meta: { updateId: randomUUID() }, input: { name, args: input } },
            waitPolicy: { lifecycleStage: 3 },
          });
          expect(outcome?.failure?.message).toContain('who is acting?');
        }
      }
      expect((await countEvents(stage, id))['WORKFLOW_TASK_FAILED']).toBeUndefined();
      await client.approve(id, { by: 'bob', digest: digest! });
      expect(await verdict(id)).toMatchObject({ verdict: 'passed' });
    }));

  test('as a halt: the run stops, because nobody knows what was meant', () =>
    onStage(theatre, async (stage) => {
      stage.site.on('guardWave', endlessGuard);
      const id = await stage.start();
      await reach(stage, id, 'holding');
      await stage.client.temporal.workflowService.signalWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: id },
        signalName: 'halted',
        input: { payloads: [broken[0]!] },
      });
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted', leftovers: [] });
      expectNothingLeft(stage.site);
    }));
});
