import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { exitCodeOf } from '../../src/client.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument, fourWaves } from './harness/document.ts';
import { countEvents, expectNothingLeft, total } from './harness/expectations.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

describeWithTemporal('a run that goes well', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('four waves pass, in order, explained, undone', () =>
    onStage(theatre, async (stage) => {
      const { site, records } = stage;
      const id = await stage.start(experimentDocument({ waves: fourWaves }));
      const result = await stage.verdict(id);
      expect(result).toMatchObject({ verdict: 'passed', rule: 'held', leftovers: [], recordsIncomplete: false });
      expect(exitCodeOf(result)).toBe(0);
      expectNothingLeft(site);
      const one = ['prepareWave', 'guardWave', 'injectFault', 'revertFault', 'awaitRecovery'];
      const two = ['prepareWave', 'guardWave', 'injectFault', 'injectFault', 'revertFault', 'revertFault', 'awaitRecovery'];
      expect(site.calls.map(({ name }) => name)).toEqual(['prepareWave', 'guardWave', ...one, ...one, ...two, ...two]);
      expect(result.iterations.map(({ outcome }) => outcome)).toEqual(['walked', 'held', 'held', 'held', 'held']);
      expect(result.victims.every(({ injection, undone }) => injection?.effect.proven && undone !== undefined)).toBe(true);

      const events = await records.events(id);
      const iteration = (victims: number, isFirst = true) => [
        'policy',
        ...(isFirst ? ['turn'] : []),
        'steady-state',
        'victims-chosen',
        'guard-armed',
        ...Array<string>(victims).fill('injected'),
        ...Array<string>(victims).fill('undo'),
        'recovery',
        'judged',
      ];
      expect(events.map(({ kind }) => kind)).toEqual([
        'run-started',
        'policy',
        'policy',
        'steady-state',
        'victims-chosen',
        'guard-armed',
        'judged',
        ...iteration(1),
        ...iteration(1),
        ...iteration(2),
        ...iteration(2, false),
        ...['wave-judged', 'wave-judged', 'wave-judged'],
        'closed',
      ]);
      expect(await records.findRun(id)).toMatchObject({ verdict: 'passed', requestedBy: 'ann', site: 'local' });
    }));

  test('the four waves of the example cost fewer than 200 events, also with a fault that must be undone', () =>
    onStage(theatre, async (stage) => {
      const waves = fourWaves.map(({ iterations: _iterations, ...wave }: { iterations?: number; name: string }) => wave);
      const id = await stage.start(experimentDocument({ waves }));
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      const counts = await countEvents(stage, id);
      if (total(counts) >= 200) throw new Error(`${total(counts)} events: ${JSON.stringify(counts)}`);
    }));

  test('no victim is hit before the guard has reported that it sees', () =>
    onStage(theatre, async (stage) => {
      let release = false;
      stage.site.on('guardWave', async (input, usual) => {
        if (input.holdMs > 0) await stage.site.until(() => release);
        return usual();
      });
      const id = await stage.start();
      await stage.site.began('guardWave', 2);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(stage.site.of('injectFault')).toEqual([]);
      release = true;
      stage.site.notify();
      expect((await stage.verdict(id)).verdict).toBe('passed');
      expect(stage.site.of('injectFault')).toHaveLength(1);
    }));

  test('orders carry a key of their own and expire', () =>
    onStage(theatre, async (stage) => {
      const id = await stage.start(experimentDocument({ waves: fourWaves }));
      await stage.verdict(id);
      const orders = stage.site.orders('injectFault');
      expect(new Set(orders.map(({ key }) => key)).size).toBe(6);
      for (const { key, notAfterMs, workflowId } of orders) {
        expect(key.startsWith(`${id}/`)).toBe(true);
        expect(workflowId).toBe(id);
        expect(notAfterMs - Date.now()).toBeLessThanOrEqual(15_000);
      }
      expect(
        stage.site
          .orders('revertFault')
          .map(({ key }) => key)
          .sort(),
      ).toEqual(orders.map(({ key }) => key).sort());
    }));

  test('iterations prefer victims that were not hit before', () =>
    onStage(theatre, async (stage) => {
      const id = await stage.start(
        experimentDocument({
          waves: [
            { name: 'dry-run', dryRun: true },
            { name: 'stress', iterations: 4 },
          ],
        }),
      );
      const { victims } = await stage.verdict(id);
      expect(new Set(victims.map(({ name }) => name)).size).toBe(4);
    }));

  test('the same idempotency key starts one run', () =>
    onStage(theatre, async ({ client, verdict, site }) => {
      const start = () =>
        client.startExperiment({
          document: experimentDocument(),
          requestedBy: 'ann',
          seed: 7,
          idempotencyKey: `key-${process.pid}-${Date.now()}`,
        });
      const key = `key-${process.pid}-${Date.now()}`;
      const again = () => client.startExperiment({ document: experimentDocument(), requestedBy: 'ann', seed: 7, idempotencyKey: key });
      const [first, second] = [await again(), await again()];
      expect(second).toEqual({ workflowId: first.workflowId, runId: first.runId, alreadyStarted: true });
      expect(first.alreadyStarted).toBe(false);
      await verdict(first.workflowId);
      expect(await again()).toMatchObject({ runId: first.runId, alreadyStarted: true }); // also after its end
      expect(site.of('injectFault')).toHaveLength(1);
      expect((await start()).alreadyStarted).toBe(false);
    }));

  test('one workflow id is one run, also after its end', () =>
    onStage(theatre, async ({ client, start, verdict, taskQueue }) => {
      const workflowId = await start();
      await verdict(workflowId);
      const again = client.temporal.workflow.start('experiment', {
        taskQueue,
        workflowId,
        args: [{}],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
      await expect(again).rejects.toThrow(WorkflowExecutionAlreadyStartedError);
    }));
});
