import { randomUUID } from 'node:crypto';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { countEvents, reach } from './harness/expectations.ts';
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

  test.each(broken.map((input, i) => [i, input] as const))('as the input of a run (%i): it is denied, or failed once, and holds nothing up', (_, input) =>
    onStage(theatre, async (stage) => {
      const id = await startWith(stage, input);
      const outcome = await Promise.race([
        stage.client.waitForVerdict(id, 8_000),
      ]).catch((e: unknown) => e);
      console.log(_, JSON.stringify(outcome), await countEvents(stage, id));
    }),
  );

  test('as signals and updates: the run goes on', () =>
    onStage(theatre, async (stage) => {
      const { client, start } = stage;
      const id = await start(experimentDocument({ approvals: { required: 1 } }));
      await reach(stage, id, 'awaiting-approval');
      const [workflowExecution, namespace] = [{ workflowId: id }, 'default'];
      for (const input of broken) {
        for (const signalName of ['guardArmed', 'halted'])
          await client.temporal.workflowService.signalWorkflowExecution({ namespace, workflowExecution, signalName, input: { payloads: [input] } });
        console.log(await reach(stage, id, () => true).then((s) => s.phase), await countEvents(stage, id));
      }
    }),
  );
});
