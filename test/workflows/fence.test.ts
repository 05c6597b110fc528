import { ApplicationFailure } from '@temporalio/common';
import type { GuardInput } from '../../src/activities/guard.ts';
import type { Preparation } from '../../src/activities/prepare.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument, fenced, fourWaves } from './harness/document.ts';
import { containing, expectNothingLeft, holdsLive, reach } from './harness/expectations.ts';
import { breachingGuard, endlessGuard, linger, route, type FakeSite } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

/** Deeds and undos, in the order in which the site began them: `fence`, `hit`, `undo hit`, `undo fence`. */
const deedsOf = (site: FakeSite): string[] =>
  site.calls.flatMap(({ name, input }) => {
    const what = (input as { isFence?: true }).isFence ? 'fence' : 'hit';
    return name === 'injectFault' ? [what] : name === 'revertFault' ? [`undo ${what}`] : [];
  });

describeWithTemporal('a run that fences its canary', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('sets the share before each live iteration, takes it back after the victims, and never counts it as one', () =>
    onStage(theatre, async ({ site, start, verdict, records }) => {
      const id = await start(experimentDocument({ waves: fourWaves, traffic: fenced }));
      expect(await verdict(id)).toMatchObject({ verdict: 'passed', reason: containing('6 proven faults') });
      const iteration = (hits: number) => [
        'fence',
        ...Array<string>(hits).fill('hit'),
        ...Array<string>(hits).fill('undo hit'),
        'undo fence',
      ];
      expect(deedsOf(site)).toEqual([1, 1, 2, 2].flatMap(iteration));
      const orders = site.orders('injectFault');
      const [fence, hit] = [orders.find(({ isFence }) => isFence), orders.find(({ isFence }) => !isFence)];
      expect(fence).toMatchObject({ target: route, victimsPlanned: 1, fault: { kind: 'traffic-share', route: fenced.route, share: '5%' } });
      expect(fence?.traffic).toBeUndefined();
      expect(hit).toMatchObject({ victimsPlanned: 1, traffic: { route: fenced.route, maxShare: 0.05 } });
      expect(new Set(orders.map(({ key }) => key)).size).toBe(orders.length);
      expect((await records.events(id)).filter(({ kind }) => kind === 'fence-set')).toHaveLength(4);
      expectNothingLeft(site);
    }));

  test('keeps its lease also when the fault itself leaves nothing to undo', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      await verdict(await start(experimentDocument({ fault: { kind: 'process-kill' }, traffic: fenced })));
      const leases = site.of('guardWave').map(({ input }) => (input as GuardInput).leaseMs);
      expect(leases).toEqual([undefined, 15_000]);
      expect(deedsOf(site)).toEqual(['fence', 'hit', 'undo fence']);
    }));

  test.each<[string, Parameters<typeof notProven>[0], string]>([
    ['skipped', { outcome: 'skipped', reason: 'its namespace has not opted in' }, 'its namespace has not opted in'],
    [
      'without effect',
      { outcome: 'injected', effect: { proven: false, evidence: 'the gateway has not seen it' } },
      'the gateway has not seen it',
    ],
  ])('hits nobody when the fence is %s, and says so', (_, change, why) =>
    onStage(theatre, async ({ site, start, verdict, records }) => {
      site.on('injectFault', notProven(change));
      const id = await start(experimentDocument({ waves: fourWaves, traffic: fenced }));
      expect(await verdict(id)).toMatchObject({
        verdict: 'invalid',
        rule: 'no-effect',
        reason: containing(`no fault was injected: the traffic fence is not proven: ${why}`),
        victims: [],
      });
      expect(deedsOf(site)).toEqual(['fence', 'undo fence']);
      expect(site.of('awaitRecovery')).toHaveLength(1); // traffic may have moved
      expect((await records.events(id)).map(({ kind }) => kind)).toContain('fence-failed');
    }),
  );

  test('hits nobody when the preparation did not find the route', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('prepareWave', async (_, usual) => ({ ...(await usual()), fence: { share: 0.2 } }));
      const result = await verdict(await start(experimentDocument({ traffic: fenced })));
      expect(result).toMatchObject({ verdict: 'invalid', reason: containing('prepared without its route') });
      expect(site.of('injectFault')).toEqual([]);
    }));

  test('a breach and an abort take it back after the victims', () =>
    onStage(theatre, async (stage) => {
      const { site, start, verdict, client } = stage;
      const areHit = () => site.of('injectFault').filter(({ endedMs }) => endedMs !== undefined).length === 2;
      site.on('guardWave', breachingGuard(areHit));
      expect(await verdict(await start(experimentDocument({ traffic: fenced })))).toMatchObject({ rule: 'stop-condition' });
      site.on('guardWave', endlessGuard);
      const second = await start(experimentDocument({ traffic: fenced }));
      await reach(stage, second, holdsLive);
      await client.abort(second, { by: 'bob', reason: 'pager' });
      expect(await verdict(second)).toMatchObject({ verdict: 'aborted' });
      const whole = ['fence', 'hit', 'undo hit', 'undo fence'];
      expect(deedsOf(site)).toEqual([...whole, ...whole]);
      expectNothingLeft(site);
    }));

  test('a breach while it is being set: nobody is hit, and it is taken back', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on(
        'guardWave',
        breachingGuard(() => site.of('injectFault').length > 0),
      );
      site.on('injectFault', setOnceWithdrawn);
      const result = await verdict(await start(experimentDocument({ traffic: fenced })));
      expect(result).toMatchObject({ verdict: 'aborted', rule: 'stop-condition', victims: [] });
      expect(deedsOf(site)).toEqual(['fence', 'undo fence']);
      expectNothingLeft(site);
    }));

  test('an abort while it is being set: the same', () =>
    onStage(theatre, async ({ site, start, verdict, client }) => {
      site.on('injectFault', setOnceWithdrawn);
      const id = await start(experimentDocument({ traffic: fenced }));
      await site.began('injectFault');
      await client.abort(id, { by: 'bob', reason: 'pager' });
      expect(await verdict(id)).toMatchObject({ verdict: 'aborted', rule: 'aborted-by-person', victims: [] });
      expect(deedsOf(site)).toEqual(['fence', 'undo fence']);
      expectNothingLeft(site);
    }));

  describe('a pause while it is being set, before a fault that cannot be undone', () => {
    const pauseInside = async (stage: Stage): Promise<string> => {
      const { site, start, client } = stage;
      site.on('injectFault', (order, usual, nth) => (nth === 1 ? setOnceWithdrawn(order, usual) : usual()));
      const id = await start(experimentDocument({ fault: { kind: 'process-kill' }, traffic: fenced }));
      await site.began('injectFault');
      await client.pause(id, { by: 'bob' });
      await reach(stage, id, 'paused');
      expect(deedsOf(site)).toEqual(['fence', 'undo fence']);
      return id;
    };

    test('takes it back, and the iteration is repeated', () =>
      onStage(theatre, async (stage) => {
        const id = await pauseInside(stage);
        await stage.client.resume(id, { by: 'bob' });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
        expect(deedsOf(stage.site)).toEqual(['fence', 'undo fence', 'fence', 'hit', 'undo fence']);
      }));

    test.each<[string, Partial<Preparation>, string]>([
      [
        'gate',
        { unmet: [{ probe: 'errors', tolerance: 'at most 0.001', why: 'it is 0.5' }] },
        'not before wave single: errors (at most 0.001)',
      ],
      ['foreseen refusal', { refusal: 'its budget is spent' }, 'wave single does not go on: its budget is spent'],
    ])('a closed gate afterwards does not say that nothing was touched: %s', (_, found, reason) =>
      onStage(theatre, async (stage) => {
        const id = await pauseInside(stage);
        stage.site.on('prepareWave', async (_input, usual) => ({ ...(await usual()), ...found }));
        await stage.client.resume(id, { by: 'bob' });
        expect(await stage.verdict(id)).toMatchObject({
          verdict: 'aborted',
          rule: 'gate-closed',
          reason: containing(reason),
          victims: [],
        });
      }),
    );
  });

  test('what somebody else has changed is a leftover at once, not after half an hour of trying', () =>
    onStage(theatre, async ({ site, start, verdict, records }) => {
      site.on('revertFault', (order, usual) =>
        order.isFence ? Promise.reject(ApplicationFailure.nonRetryable('was changed by somebody else', 'NotUndone')) : usual(),
      );
      const id = await start(experimentDocument({ traffic: fenced }));
      const what = 'traffic-share on http-route shop/web: route:http-route:r-1';
      expect(await verdict(id)).toMatchObject({ verdict: 'error', rule: 'leftovers', leftovers: [what] });
      const told = (await records.events(id)).filter(({ kind }) => kind === 'leftover');
      expect(told.map(({ data }) => data)).toMatchObject([{ what, why: containing('was changed by somebody else') }]);
    }));

  test.each([
    ['set', fenced],
    ['only capped', { ...fenced, set: undefined }],
  ])('a site that does not tell the canary’s share, which is to be %s, denies the run', (_, traffic) =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('prepareWave', async (_input, usual) => {
        const { fence: _untold, ...told } = await usual();
        return told;
      });
      const result = await verdict(await start(experimentDocument({ traffic })));
      expect(result).toMatchObject({ verdict: 'denied', rule: 'denied', victims: [] });
      expect(result.reason).toBe(
        "not before wave dry-run: the site's worker does not tell the canary's traffic: is it of an earlier version?",
      );
      expect(site.of('guardWave')).toEqual([]);
    }),
  );

  test('a cap without `set` gives no order of its own', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      const { set: _, ...capped } = fenced;
      expect(await verdict(await start(experimentDocument({ traffic: capped })))).toMatchObject({ verdict: 'passed' });
      expect(deedsOf(site)).toEqual(['hit', 'undo hit']);
      expect(site.orders('injectFault')[0]).toMatchObject({ traffic: { maxShare: 0.05 } });
    }));
});

/** A site that is slow with the fence, and has set it when it hears that nobody wants it any more. */
const setOnceWithdrawn = async <T>(_order: unknown, usual: () => Promise<T>): Promise<T> => {
  await linger().catch(() => undefined);
  return usual();
};

/** A site that does not get the fence done. */
function notProven(change: { outcome: 'injected' | 'skipped'; reason?: string; effect?: { proven: boolean; evidence: string } }) {
  const effect = change.effect ?? { proven: false, evidence: change.reason ?? '' };
  return (order: { isFence?: true }, usual: () => Promise<Awaited<ReturnType<FakeSite['activities']['injectFault']>>>) =>
    order.isFence ? Promise.resolve({ ...change, atMs: Date.now(), effect }) : usual();
}
