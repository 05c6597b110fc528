import { ApplicationFailure } from '@temporalio/activity';
import { PagerError, type Pager } from '../../src/activities/ports.ts';
import type { SweepResult } from '../../src/client.ts';
import type { Order } from '../../src/domain/order.ts';
import type { Page } from '../../src/domain/page.ts';
import { orderDefaults } from '../support/orders.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { aRun } from '../records/examples.ts';
import { experimentDocument } from './harness/document.ts';
import { containing, matching, reach } from './harness/expectations.ts';
import { endlessGuard, FakeSite, target } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type StageOptions, type Theatre } from './harness/stage.ts';

const orderOf = (workflowId: string, name = 'worker-1'): Order => ({
  ...orderDefaults(),
  workflowId,
  key: `${workflowId}/wave/0/process:${name}`,
  fault: { kind: 'process-pause' },
  target: target(name),
});

/** A pager that writes down who it called. */
function notebook(): Pager & { pages: Page[] } {
  const pages: Page[] = [];
  return { pages, page: (page) => (pages.push(page), Promise.resolve({ paged: true, evidence: 'taken' })) };
}

describeWithTemporal('the janitor', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const play = <T>(scene: (stage: Stage) => Promise<T>, options?: StageOptions) => onStage(theatre, scene, options);
  const brief = ({ rows }: SweepResult) => rows.map(({ outcome, fate, lease, why }) => ({ outcome, fate, key: lease?.key, why }));
  /** A lease at the site whose victim is paused, as an order of this run leaves it. */
  const leave = async ({ site, records }: Stage, order: Order): Promise<void> => {
    if (!(await records.findRun(order.workflowId)))
      await records.openRun(aRun({ workflowId: order.workflowId, site: 'local', startedAtMs: Date.now() }));
    await site.leases.arm(order);
    site.paused.add(order.key);
  };

  test('an undo record that nobody can read is a leftover, and calls a person', async () => {
    const pager = notebook();
    await play(
      async ({ site, client }) => {
        site.leases.broken = ['/state/leases/x.lease is not valid JSON'];
        for (const act of [false, true]) {
          const { rows } = await client.sweep({ act });
          expect(rows).toEqual([{ site: 'local', outcome: 'leftover', why: '/state/leases/x.lease is not valid JSON' }]);
        }
        expect(pager.pages).toMatchObject([{ dedupKey: 'unreadable.local', summary: containing('an undo record that cannot be read') }]);
      },
      { pager },
    );
  });

  test('takes a fence back after the victims were tried', () =>
    play(async (stage) => {
      const { client, site } = stage;
      const victim = orderOf('gone');
      const fence: Order = { ...orderOf('gone', 'worker-2'), isFence: true };
      for (const order of [fence, victim]) await leave(stage, order);
      site.on('revertFault', (order, usual) =>
        order.isFence ? usual() : Promise.reject(ApplicationFailure.nonRetryable('still in state T', 'NotUndone')),
      );
      const { rows } = await client.sweep();
      expect(rows.map(({ outcome, lease }) => [outcome, lease?.key])).toEqual([
        ['leftover', victim.key],
        ['undone', fence.key],
      ]);
      const [hit, taken] = site.of('revertFault');
      expect([hit?.input, taken?.input]).toMatchObject([{ key: victim.key }, { key: fence.key }]);
      expect(taken!.beganMs).toBeGreaterThanOrEqual(hit!.endedMs!);
    }));

  test('undoes what a terminated run holds, leaves what a living run holds, and writes both down', () =>
    play(async (stage) => {
      const { client, site, records, start } = stage;
      site.on('guardWave', endlessGuard).on('injectFault', async (order, usual) => (await site.leases.arm(order), usual()));
      const other = experimentDocument({ metadata: { name: 'other', owner: 'payments', service: 'other', environment: 'staging' } }); // or it would queue
      const [dead, alive] = [await start(), await start(other)];
      for (const id of [dead, alive]) await reach(stage, id, 'holding');
      await client.temporal.workflow.getHandle(dead).terminate('somebody clicked');
      const looked = await client.sweep({ act: false });
      expect(
        brief(looked)
          .map(({ outcome }) => outcome)
          .sort(),
      ).toEqual(['found', 'left']);
      expect(site.paused.size).toBe(2);
      const swept = await client.sweep();
      expect(brief(swept)).toEqual(
        expect.arrayContaining([
          { outcome: 'undone', fate: 'terminated', key: matching(`^${dead}/single/0/`), why: containing('undoes nothing: state S') },
          { outcome: 'left', fate: 'running', key: matching(`^${alive}/single/0/`), why: 'its run is alive' },
        ]),
      );
      expect([...site.paused]).toEqual([matching(`^${alive}/`)]);
      expect([...site.leases.held.keys()]).toEqual([matching(`^${alive}/`)]);
      expect((await records.events(dead)).filter(({ kind }) => kind === 'janitor')).toMatchObject([
        { data: { site: 'local', outcome: 'undone', fate: 'terminated', manual: matching(/^#|kill -CONT/) } },
      ]);
      expect(brief(await client.sweep()).map(({ outcome }) => outcome)).toEqual(['left']);
      await client.abort(alive, { by: 'bob' });
    }));

  test('undoes what a closed run and one that nobody knows left', () =>
    play(async (stage) => {
      const closed = await stage.start();
      await stage.verdict(closed);
      await leave(stage, orderOf(closed, 'worker-1'));
      await leave(stage, orderOf('kill.forgotten', 'worker-2'));
      expect(brief(await stage.client.sweep())).toMatchObject([
        { outcome: 'undone', fate: 'closed' },
        { outcome: 'undone', fate: 'not-found' },
      ]);
      expect([...stage.site.paused]).toEqual([]);
    }));

  test('names and pages what it cannot undo, once in an hour, and clears it when it can', () => {
    const pager = notebook();
    let isStubborn = true;
    const site = new FakeSite().on('revertFault', (_, usual) =>
      isStubborn ? Promise.reject(ApplicationFailure.nonRetryable('still in state T', 'NotUndone')) : usual(),
    );
    return play(
      async (stage) => {
        await leave(stage, orderOf('kill.forgotten'));
        await leave(stage, orderOf('kill.forgotten', 'worker-2'));
        for (let sweep = 0; sweep < 2; sweep++)
          expect(brief(await stage.client.sweep())).toMatchObject(
            ['worker-1', 'worker-2'].map((name) => ({ outcome: 'leftover', key: containing(name), why: containing('still in state T') })),
          );
        expect(pager.pages).toMatchObject([
          {
            dedupKey: 'kill.forgotten',
            summary: containing('process-pause on worker-1 at local; process-pause on worker-2'),
            source: 'local',
          },
        ]);
        const kinds = (await stage.records.events('kill.forgotten')).map(({ kind }) => kind);
        expect(kinds).toEqual(['janitor', 'janitor', 'paging']);
        expect((await stage.records.runsWithLeftovers()).map(({ workflowId }) => workflowId)).toEqual(['kill.forgotten']);
        isStubborn = false;
        expect(brief(await stage.client.sweep()).map(({ outcome }) => outcome)).toEqual(['undone', 'undone']);
      },
      { site, pager },
    );
  });

  test('a pager that is out of order, and records that are gone, hide nothing', () => {
    const pager: Pager = { page: () => Promise.reject(new PagerError('the pager answered 400', false)) };
    const site = new FakeSite().on('revertFault', () => Promise.reject(ApplicationFailure.nonRetryable('still in state T', 'NotUndone')));
    return play(
      async ({ client, site: { leases } }) => {
        await leases.arm(orderOf('kill.unrecorded'));
        expect(brief(await client.sweep())).toMatchObject([{ outcome: 'leftover', fate: 'not-found' }]);
      },
      { site, pager },
    );
  });

  test('a site without a worker is told, and the others are swept', () =>
    play(async (stage) => {
      await leave(stage, orderOf('kill.forgotten'));
      const { rows } = await stage.client.sweep({ sites: ['local', 'mars'] });
      expect(rows).toMatchObject([
        { site: 'local', outcome: 'undone' },
        { site: 'mars', outcome: 'unreachable', why: containing('no worker of the site') },
      ]);
    }));

  test('asks the sites of recorded runs too, and refuses what is no sweep', () =>
    play(async ({ client, records }) => {
      await records.openRun(aRun({ workflowId: 'kill.elsewhere', site: 'venus', startedAtMs: Date.now() }));
      expect((await client.sweep({ act: false })).rows).toMatchObject([{ site: 'venus', outcome: 'unreachable' }]);
      for (const wrong of [{ sites: 'local' }, { sites: ['a/b'] }, { act: 'yes' }, 42, { all: true }])
        await expect(client.sweep(wrong as object)).rejects.toMatchObject({
          cause: { cause: { message: containing('the janitor takes') } },
        });
    }));
});
