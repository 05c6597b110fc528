import { setTimeout as delay } from 'node:timers/promises';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { containing, countEvents, expectNothingLeft, matching, reach, total } from './harness/expectations.ts';
import { endlessGuard, linger } from './harness/fake-site.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

const refused = (type: string, message: RegExp | string = '') => ({ cause: { type, message: matching(message) } });

describeWithTemporal('people steer a run', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('two of them must approve, each with the digest, and one person counts once', () =>
    onStage(theatre, async (stage) => {
      const { client, site, verdict, start } = stage;
      const id = await start(experimentDocument({ approvals: { required: 2 } }));
      const { digest } = await reach(stage, id, 'awaiting-approval');
      await expect(client.approve(id, { by: 'cid' })).rejects.toMatchObject(refused('WrongDigest', digest));
      await expect(client.approve(id, { by: 'cid', digest: 'f00' })).rejects.toMatchObject(refused('WrongDigest'));
      expect((await client.approve(id, { by: 'cid', digest: digest! })).approvals).toEqual([{ by: 'cid', digest }]);
      await expect(client.approve(id, { by: 'cid', digest: digest! })).rejects.toMatchObject(refused('AlreadyApproved'));
      await expect(client.approve(id, { by: ' Cid ', digest: digest! })).rejects.toMatchObject(refused('AlreadyApproved'));
      await delay(200);
      expect(site.calls.map(({ name }) => name)).toEqual(['countTargets']);
      await client.approve(id, { by: 'bob', digest: digest! });
      expect(await verdict(id)).toMatchObject({ verdict: 'passed' });
    }));

  test('a rejection denies; a late or early approval is refused', () =>
    onStage(theatre, async (stage) => {
      const { client, site, verdict, start } = stage;
      const id = await start(experimentDocument({ approvals: { required: 1 } }));
      await reach(stage, id, 'awaiting-approval');
      await client.reject(id, { by: 'bob', reason: 'release today' });
      expect(await verdict(id)).toMatchObject({ verdict: 'denied', reason: 'bob rejected it: release today' });
      expect(site.calls.map(({ name }) => name)).toEqual(['countTargets']);
      site.on('guardWave', endlessGuard);
      const free = await start();
      const { digest } = await reach(stage, free, 'holding');
      await expect(client.approve(free, { by: 'bob', digest: digest! })).rejects.toMatchObject(
        refused('WrongPhase', 'nothing waits for approval while holding'),
      );
      await expect(client.reject(free, { by: 'bob' })).rejects.toMatchObject(refused('WrongPhase'));
      await client.abort(free, { by: 'bob' });
      await verdict(free);
    }));

  test('an approval that does not come in time denies', () =>
    onStage(theatre, async ({ verdict, start }) => {
      const id = await start(experimentDocument({ approvals: { required: 1, within: '300ms' } }));
      expect(await verdict(id)).toMatchObject({ verdict: 'denied', reason: containing('0 of 1') });
    }));

  test('a wave with a gate waits for its own approval', () =>
    onStage(theatre, async (stage) => {
      const { client, site, verdict, start } = stage;
      const waves = [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary', gate: 'approval' }];
      const id = await start(experimentDocument({ waves }));
      const { digest, awaiting } = await reach(stage, id, 'awaiting-approval');
      expect(awaiting).toBe('wave canary');
      expect(site.of('injectFault')).toHaveLength(1);
      await client.approve(id, { by: 'bob', digest: digest! });
      expect(await verdict(id)).toMatchObject({ verdict: 'passed' });
      expect(site.of('injectFault')).toHaveLength(2);
      const rejected = await start(experimentDocument({ waves }));
      await reach(stage, rejected, 'awaiting-approval');
      await client.reject(rejected, { by: 'bob' });
      expect(await verdict(rejected)).toMatchObject({ verdict: 'aborted', rule: 'gate-closed' });
    }));

  test('a pause undoes a live fault at once and holds; resuming proves everything afresh and repeats the iteration on the same victims', () =>
    onStage(theatre, async (stage) => {
      const { client, site, verdict, start } = stage;
      site.on('guardWave', (input, usual) =>
        input.place.wave === 'single' && input.place.iteration === 0 ? endlessGuard(input, usual, 1) : usual(),
      );
      const id = await start(
        experimentDocument({
          blastRadius: { maxVictims: 1, maxConcurrent: 1, survivorsAtLeast: 1, coolDown: '0s' },
          waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary' }],
        }),
      );
      await reach(stage, id, (run) => run.phase === 'holding' && run.wave === 'single');
      const pausedMs = Date.now();
      await client.pause(id, { by: 'bob' });
      await expect(client.pause(id, { by: 'eve' })).rejects.toMatchObject(refused('WrongPhase', 'bob has paused already'));
      const undo = await site.began('revertFault');
      expect(undo.beganMs - pausedMs).toBeLessThan(1_000);
      await reach(stage, id, 'paused');
      expectNothingLeft(site);
      expect(site.of('awaitRecovery')).toHaveLength(1); // steady state was proven before the run settled down to wait
      const prepared = site.of('prepareWave').length;
      await delay(300); // the events before it are on their way to the records
      const events = total(await countEvents(stage, id));
      await delay(500);
      expect(site.of('prepareWave')).toHaveLength(prepared);
      expect(total(await countEvents(stage, id))).toBe(events);
      await client.resume(id, { by: 'bob' });
      await expect(client.resume(id, { by: 'bob' })).rejects.toMatchObject(refused('WrongPhase', 'not paused'));
      const result = await verdict(id);
      expect(result).toMatchObject({ verdict: 'passed' });
      expect(result.iterations.map(({ wave, iteration, outcome }) => `${wave} ${iteration} ${outcome}`)).toEqual([
        'dry-run 0 walked',
        'single 0 interrupted',
        'single 1 held',
        'canary 0 held',
      ]);
      const [first, second] = result.victims;
      expect(second?.id).toBe(first?.id);
      expect(site.of('prepareWave')).toHaveLength(4);
    }));

  test(
    'a pause while an order is under way: what may have landed is undone again once it has expired',
    () =>
      onStage(theatre, async (stage) => {
        const { client, site, verdict, start } = stage;
        site.on('injectFault', async (_, usual, nth) => {
          if (nth > 1) return usual();
          await usual();
          await linger(); // it has acted, and is cut off before it could say so
          return usual();
        });
        const id = await start();
        await site.began('injectFault');
        await client.pause(id, { by: 'bob' });
        await client.resume(id, { by: 'bob' });
        const result = await verdict(id);
        expect(result).toMatchObject({ verdict: 'passed', leftovers: [] });
        expectNothingLeft(site);
        const keys = site.orders('revertFault').map(({ key }) => key);
        expect(keys.filter((key) => key === keys[0])).toHaveLength(2);
        expect(new Set(site.orders('injectFault').map(({ target: { id: victim } }) => victim)).size).toBe(1);
      }),
    60_000,
  );

  test('a fault that cannot be undone is watched to its end before a pause holds the run', () =>
    onStage(theatre, async (stage) => {
      const { client, site, verdict, start } = stage;
      const id = await start(
        experimentDocument({
          fault: { kind: 'process-kill' },
          timing: { baseline: '100ms', hold: '1s', recoverWithin: '2s', stableFor: '100ms' },
          waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary' }],
        }),
      );
      await reach(stage, id, (run) => run.phase === 'holding' && run.wave === 'single');
      await client.pause(id, { by: 'bob' });
      const paused = await reach(stage, id, 'paused');
      expect(paused.iterations.at(-1)).toMatchObject({ wave: 'single', outcome: 'held' });
      await client.resume(id, { by: 'bob' });
      expect(await verdict(id)).toMatchObject({ verdict: 'passed' });
      expect(site.of('injectFault')).toHaveLength(2);
    }));

  test('a pause while a baseline is measured makes it old: it is measured again', () =>
    onStage(theatre, async (stage) => {
      const { client, site, verdict, start } = stage;
      let isReleased = false;
      site.on('prepareWave', async (_, usual) => (await linger(() => isReleased), usual()));
      const id = await start();
      await site.began('prepareWave');
      await client.pause(id, { by: 'bob' });
      isReleased = true;
      await reach(stage, id, 'paused');
      await client.resume(id, { by: 'bob' });
      expect(await verdict(id)).toMatchObject({ verdict: 'passed' });
      expect(site.of('prepareWave').map(({ input }) => (input as { wave: { name: string } }).wave.name)).toEqual([
        'dry-run',
        'dry-run',
        'single',
      ]);
    }));

  test('arguments of any shape are refused with a clear text and fail no workflow task', () =>
    onStage(theatre, async (stage) => {
      const { client, verdict, start } = stage;
      const id = await start(experimentDocument({ approvals: { required: 1 } }));
      const { digest } = await reach(stage, id, 'awaiting-approval');
      const handle = client.temporal.workflow.getHandle(id);
      const huge = 'x'.repeat(100_000);
      const shapes: unknown[][] = [
        [],
        [null],
        [42],
        ['bob'],
        [[]],
        [{}],
        [{ by: 7 }],
        [{ by: '  ' }],
        [{ by: huge }],
        [{ by: 'bob', reason: huge }],
        [{ by: 'bob', reason: 7 }],
        [{ by: 'bob', junk: 'x'.repeat(1_000_000) }],
        [JSON.parse('{"__proto__":{"by":"eve"}}')],
        [{ constructor: { by: 'eve' } }],
        [{ by: { toString: 'eve' } }],
      ];
      for (const update of ['approve', 'reject', 'abort', 'pause', 'resume'])
        for (const args of shapes)
          await expect(handle.executeUpdate(update, { args: args as [unknown] })).rejects.toMatchObject(refused('MissingActor'));
      await expect(handle.executeUpdate('approve', { args: [{ by: 'bob', digest: { of: huge.slice(0, 10_000) } }] })).rejects.toMatchObject(
        refused('WrongDigest'),
      );
      await expect(handle.executeUpdate('no-such-update', { args: [] })).rejects.toThrow();
      await handle.signal('guardArmed');
      await handle.signal('guardArmed', { of: 'anything' }, 'when');
      const counts = await countEvents(stage, id);
      expect(counts['WORKFLOW_TASK_FAILED']).toBeUndefined();
      // What is refused leaves no event; a busy server may have timed out a workflow task or two that only carried updates.
      expect(total(counts)).toBeLessThan(5 * shapes.length);
      await handle.executeUpdate('pause', { args: [{ by: 'bob', junk: huge.slice(0, 10_000) }] });
      expect(JSON.stringify(await client.status(id)).length).toBeLessThan(10_000);
      await client.resume(id, { by: 'bob' });
      await client.approve(id, { by: 'bob', digest: digest! });
      expect(await verdict(id)).toMatchObject({ verdict: 'passed' });
    }));

  test('an id with a slash is not asked for', () => {
    const client = onStage(theatre, ({ client: door }) => Promise.resolve(() => door.status('../../etc')));
    return expect(client.then((ask) => ask())).rejects.toThrow('is not a run id');
  });
});
