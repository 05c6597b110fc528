import { ServiceError } from '@temporalio/client';
import { BreakwaterClient } from '../../src/client.ts';
import { ledgerId } from '../../src/domain/ledger/names.ts';
import { Line } from '../crash/harness/line.ts';
import { temporalAddress } from '../support/addresses.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { expectNothingLeft, holdsLive, reach } from './harness/expectations.ts';
import { endlessGuard } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const metadataOf = (name: string, environment = 'staging') => ({ name, owner: 'payments', service: name, environment });
const WITHIN_MS = 30_000;
/** A port of loopback where nobody listens. */
const NOBODY = '127.0.0.1:1';

/** Live runs, each on a service of its own, that hold until they are stopped. */
async function startHolding(stage: Stage, names: string[], environment?: string): Promise<string[]> {
  stage.site.on('guardWave', endlessGuard);
  const ids = await Promise.all(names.map((name) => stage.start(experimentDocument({ metadata: metadataOf(name, environment) }))));
  await Promise.all(ids.map((id) => reach(stage, id, holdsLive)));
  return ids;
}

describeWithTemporal('a halt', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('goes on when Temporal was away in the middle, and says so when it stays away', () =>
    onStage(theatre, async (stage) => {
      const ids = await startHolding(stage, ['a', 'b']);
      const line = await Line.open(temporalAddress());
      const connection = { address: line.address, interceptors: [] }; // those of the SDK hide outages of up to 20 s
      const client = await BreakwaterClient.connect({ connection, taskQueue: stage.taskQueue });
      const fall = (): void => {
        line.leadTo(NOBODY);
        line.drop();
      };
      try {
        let looks = 0;
        const outcome = await client.halt({ environment: 'staging', by: 'ann', reason: 'customers call' }, WITHIN_MS, () => {
          if (++looks === 1) fall();
          if (looks === 5) line.leadTo(temporalAddress());
        });
        expect(looks).toBeGreaterThan(5);
        expect(outcome).toMatchObject({ told: 2, stopped: 2, left: [], leftovers: [], verdicts: { aborted: 2 } });
        for (const id of ids) expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted' });
        await expect(client.halt({ environment: 'staging', by: 'ann', reason: 'again' }, 1_500, fall)).rejects.toThrow(ServiceError);
      } finally {
        await stage.client.liftHalt('staging', { by: 'ann', reason: 'over' });
        await client.close();
        await line.end();
      }
    }));

  test(
    'stops every live run of the environment in whatever phase, undoes, and refuses new ones until it is lifted',
    () =>
      onStage(theatre, async (stage) => {
        const live = await startHolding(stage, ['a', 'b', 'c']);
        const approval = await stage.start(experimentDocument({ metadata: metadataOf('d'), approvals: { required: 1 } }));
        await reach(stage, approval, 'awaiting-approval');
        const queued = await stage.start(experimentDocument({ metadata: { ...metadataOf('e'), service: 'a' } }));
        await reach(stage, queued, 'queued');
        const [elsewhere] = await startHolding(stage, ['f'], 'development');
        const outcome = await stage.client.halt({ environment: 'staging', by: 'ann', reason: 'customers call' }, WITHIN_MS);
        expect(outcome).toMatchObject({ told: 5, stopped: 5, left: [], leftovers: [], verdicts: { aborted: 5 } });
        expect(outcome.lastUndoMs).toBeGreaterThanOrEqual(0);
        expect(outcome.lastUndoMs).toBeLessThan(10_000);
        for (const id of live) expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted', reason: 'ann aborted: customers call' });
        expect(await stage.client.status(elsewhere!)).toMatchObject({ phase: 'holding' });
        const before = stage.site.of('prepareWave').length;
        const late = await stage.start(experimentDocument({ metadata: metadataOf('g') }));
        expect(await stage.verdict(late)).toMatchObject({
          verdict: 'denied',
          reason: expect.stringMatching(/^halt: a halt stands since 2\d{3}-.*: ann: customers call$/) as unknown,
        });
        expect(stage.site.of('prepareWave')).toHaveLength(before);
        const plan = await stage.client.plan({ document: experimentDocument(), requestedBy: 'ann' });
        expect(plan).toMatchObject({ valid: true, gates: { open: false, rule: 'halt' } });
        await stage.client.liftHalt('staging', { by: 'ann', reason: 'it was DNS' });
        expect(await stage.client.halts('staging')).toEqual({});
        const again = await stage.start(experimentDocument({ metadata: metadataOf('h') }));
        await reach(stage, again, holdsLive);
        for (const id of [again, elsewhere!]) await stage.client.abort(id, { by: 'bob' });
        await Promise.all([again, elsewhere!].map((id) => stage.verdict(id)));
        expectNothingLeft(stage.site);
      }),
    60_000,
  );

  test(
    'an incident makes the verdict void',
    () =>
      onStage(theatre, async (stage) => {
        const [id] = await startHolding(stage, ['a']);
        const outcome = await stage.client.halt(
          { environment: 'staging', kind: 'incident', by: 'alertmanager', reason: 'a region is down' },
          WITHIN_MS,
        );
        expect(outcome.verdicts).toEqual({ void: 1 });
        expect(await stage.verdict(id!)).toMatchObject({ verdict: 'void', rule: 'unrelated-incident', leftovers: [] });
        expect(await stage.verdict(await stage.start())).toMatchObject({
          verdict: 'denied',
          reason: expect.stringContaining('an incident stands') as unknown,
        });
        expectNothingLeft(stage.site);
      }),
    60_000,
  );

  test(
    'without an environment it stops all, also runs that Temporal Web started; each environment is refused until the lift',
    () =>
      onStage(theatre, async (stage) => {
        const ids = [...(await startHolding(stage, ['a'])), ...(await startHolding(stage, ['b'], 'development'))];
        const raw = await stage.startRaw({
          document: experimentDocument({ metadata: metadataOf('c') }),
          seed: 1,
          timeScale: 1,
          requestedBy: 'web',
        });
        await reach(stage, raw.workflowId, holdsLive);
        const outcome = await stage.client.halt({ by: 'ann', reason: 'everything' }, WITHIN_MS);
        expect(outcome).toMatchObject({ environment: '_all', told: 3, stopped: 3, left: [] });
        for (const id of [...ids, raw.workflowId]) expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted' });
        for (const environment of ['staging', 'development', 'other'])
          expect(await stage.verdict(await stage.start(experimentDocument({ metadata: metadataOf('d', environment) })))).toMatchObject({
            verdict: 'denied',
          });
        await stage.client.liftHalt(undefined, { by: 'ann', reason: 'over' });
        stage.site.on('guardWave', (_, usual) => usual());
        expect(await stage.verdict(await stage.start(experimentDocument({ metadata: metadataOf('e', 'other') })))).toMatchObject({
          verdict: 'passed',
        });
      }),
    60_000,
  );

  test(
    'one environment is found by its halt although a run was started past our door',
    () =>
      onStage(theatre, async (stage) => {
        stage.site.on('guardWave', endlessGuard);
        const raw = await stage.startRaw({ document: experimentDocument(), seed: 1, timeScale: 1, requestedBy: 'web' });
        await reach(stage, raw.workflowId, holdsLive);
        expect(await stage.client.halt({ environment: 'staging', by: 'ann', reason: 'drill' }, WITHIN_MS)).toMatchObject({
          told: 1,
          stopped: 1,
        });
      }),
    60_000,
  );

  test('is durable while no worker runs, and taken up by the first that comes back', async () => {
    let id = '';
    let stopped: Stage | undefined;
    await onStage(theatre, async (stage) => {
      [id] = (await startHolding(stage, ['a'])) as [string];
      stopped = stage;
    });
    const outcome = await stopped!.client.halt({ environment: 'staging', by: 'ann', reason: 'drill' }, 500);
    expect(outcome).toMatchObject({ told: 1, stopped: 0, left: [id] });
    await onStage(
      theatre,
      async (stage) => {
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted', leftovers: [] });
        const { halt } = await stage.client.temporal.workflow
          .getHandle(ledgerId('staging', stage.taskQueue))
          .query<{ halt: unknown }>('state');
        expect(halt).toMatchObject({ by: 'ann', reason: 'drill' });
        expect(await stage.verdict(await stage.start())).toMatchObject({ verdict: 'denied' });
      },
      { taskQueue: stopped!.taskQueue, site: stopped!.site },
    );
  }, 60_000);
});
