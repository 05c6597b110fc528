import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ledgerId } from '../../src/domain/ledger/names.ts';
import type { Claim, LedgerState } from '../../src/domain/ledger/state.ts';
import type { Order } from '../../src/domain/order.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { expectNothingLeft, holdsLive, reach } from './harness/expectations.ts';
import { endlessGuard, FakeSite, linger } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const caps = (changes: Record<string, unknown> = {}) => ({
  maxVictims: 4,
  maxConcurrent: 2,
  survivorsAtLeast: 1,
  coolDown: '0s',
  ...changes,
});
const metadataOf = (name: string, changes: Record<string, unknown> = {}) => ({
  name,
  owner: 'payments',
  service: 'payments',
  environment: 'staging',
  ...changes,
});

/** Starts the environment's ledger with a short memory, before any run does. */
const startLedger = ({ client, taskQueue }: Stage, changes: Record<string, unknown>, environment = 'staging') =>
  client.temporal.workflow.start('ledger', {
    taskQueue,
    workflowId: ledgerId(environment, taskQueue),
    args: [{ environment, ...changes }],
  });

async function ledgerUntil({ client }: Stage, isTrue: (state: LedgerState) => boolean, environment = 'staging'): Promise<LedgerState> {
  for (;;) {
    const { [environment]: state } = await client.ledgers(environment);
    if (state && isTrue(state)) return state;
    await delay(30);
  }
}

/** A run that holds until it is stopped. */
async function startHolding(stage: Stage, name: string, changes: Record<string, unknown> = {}): Promise<string> {
  const id = await stage.start(experimentDocument({ metadata: metadataOf(name), ...changes }));
  await reach(stage, id, holdsLive);
  return id;
}

describeWithTemporal('the ledger', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('a second run on the same service waits, is told its place, and gets its turn; another service does not wait', () =>
    onStage(theatre, async (stage) => {
      let isReleased = false;
      stage.site.on('guardWave', async (input, usual) => {
        if (input.holdMs > 0 && input.place.workflowId.includes('first')) await linger(() => isReleased);
        return usual();
      });
      const first = await stage.start(experimentDocument({ metadata: metadataOf('first') }));
      await ledgerUntil(stage, ({ holds }) => holds.length === 1);
      const second = await stage.start(experimentDocument({ metadata: metadataOf('second') }));
      const { queued } = await reach(stage, second, 'queued');
      expect(queued).toMatchObject({ environment: 'staging', position: 1, of: 1, why: 'service:payments is held', behind: [first] });
      const other = await stage.start(experimentDocument({ metadata: metadataOf('other', { service: 'search' }) }));
      expect(await stage.verdict(other)).toMatchObject({ verdict: 'passed' });
      expect(await stage.client.status(second)).toMatchObject({ phase: 'queued' });
      isReleased = true;
      expect(await stage.verdict(first)).toMatchObject({ verdict: 'passed' });
      expect(await stage.verdict(second)).toMatchObject({ verdict: 'passed' });
      const kinds = (await stage.records.events(second)).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['queued', 'turn']));
      const [one, two] = [first, second].map((id) => stage.site.orders('injectFault').find(({ workflowId }) => workflowId === id)!);
      expect(two!.epoch).toBeGreaterThan(one!.epoch);
      expect(one!.epoch).toBeGreaterThan(0);
      const { holds, queue } = await ledgerUntil(stage, ({ holds: left }) => left.length === 0);
      expect([holds, queue]).toEqual([[], []]);
    }));

  test.each([
    ['a group', { group: 'eu' }, 'group:eu'],
    ['a dependency', { dependencies: ['postgres', 'kafka'] }, 'dependency:kafka'],
  ])('runs on different services share %s', (_name, changes, scope) =>
    onStage(theatre, async (stage) => {
      stage.site.on('guardWave', endlessGuard);
      const first = await startHolding(stage, 'first', { metadata: metadataOf('first', changes) });
      const more = 'group' in changes ? changes : { dependencies: ['kafka'] };
      const second = await stage.start(experimentDocument({ metadata: metadataOf('second', { service: 'search', ...more }) }));
      expect((await reach(stage, second, 'queued')).queued?.why).toBe(`${scope} is held`);
      for (const id of [second, first]) await stage.client.abort(id, { by: 'bob' });
      await stage.verdict(first);
    }),
  );

  test('who waits too long is denied, with the place that it had; who is aborted or paused leaves the queue', () =>
    onStage(theatre, async (stage) => {
      stage.site.on('guardWave', endlessGuard);
      const first = await startHolding(stage, 'first');
      const hasty = await stage.start(experimentDocument({ metadata: metadataOf('hasty'), blastRadius: caps({ queueFor: '500ms' }) }));
      expect(await stage.verdict(hasty)).toMatchObject({
        verdict: 'denied',
        reason: `ledger: its turn did not come within 0.5 s (blastRadius.queueFor): position 1 of 1, service:payments is held; behind ${first}`,
      });
      const aborted = await stage.start(experimentDocument({ metadata: metadataOf('aborted') }));
      await reach(stage, aborted, 'queued');
      await stage.client.abort(aborted, { by: 'bob', reason: 'changed my mind' });
      expect(await stage.verdict(aborted)).toMatchObject({ verdict: 'aborted' });
      await ledgerUntil(stage, ({ queue }) => queue.length === 0);
      const paused = await stage.start(experimentDocument({ metadata: metadataOf('paused') }));
      await reach(stage, paused, 'queued');
      await stage.client.pause(paused, { by: 'bob' });
      await reach(stage, paused, 'paused');
      await ledgerUntil(stage, ({ queue }) => queue.length === 0);
      await stage.client.resume(paused, { by: 'bob' });
      await reach(stage, paused, 'queued');
      await stage.client.abort(first, { by: 'bob' });
      await reach(stage, paused, holdsLive);
      await stage.client.abort(paused, { by: 'bob' });
      await stage.verdict(paused);
      expectNothingLeft(stage.site);
    }));

  test('a wave that the environment never allows is denied, and one that only dry runs asks nobody', () =>
    onStage(theatre, async (stage) => {
      await stage.client.setLimits('staging', { perScope: 1, maxConcurrentVictims: 1 }, { by: 'ann' });
      const waves = [
        { name: 'dry-run', dryRun: true },
        { name: 'stress', selection: { count: 2 } },
      ];
      const big = await stage.start(experimentDocument({ waves }));
      expect(await stage.verdict(big)).toMatchObject({
        verdict: 'denied',
        reason: expect.stringContaining('may hit 2 victims at once; the environment allows 1') as unknown,
      });
      const dry = await stage.start(experimentDocument({ waves: [{ name: 'dry-run', dryRun: true }] }));
      expect(await stage.verdict(dry)).toMatchObject({ verdict: 'inconclusive' });
      expect(stage.site.of('injectFault')).toEqual([]);
    }));

  test(
    '100 runs on one service at once: one acts at a time, none in the cool-down of another, all act or are denied in time',
    () =>
      onStage(
        theatre,
        async (stage) => {
          const coolDownMs = 400;
          const runs = Array.from({ length: 100 }, (_, i) =>
            stage.start(
              experimentDocument({
                metadata: metadataOf(`crowd-${i}`),
                blastRadius: caps({ coolDown: `${coolDownMs}ms`, queueFor: '20s' }),
                timing: { baseline: '0s', hold: '50ms', recoverWithin: '2s', stableFor: '0s' },
              }),
            ),
          );
          const ids = await Promise.all(runs);
          const results = await Promise.all(ids.map((id) => stage.verdict(id)));
          const acted = results.filter(({ victims }) => victims.length > 0);
          for (const { verdict } of acted) expect(verdict).toBe('passed');
          const idle = results.filter(({ victims }) => victims.length === 0);
          for (const { verdict, reason } of idle)
            expect({ verdict, reason }).toMatchObject({
              verdict: 'denied',
              reason: expect.stringContaining('its turn did not come within 20 s') as unknown,
            });
          // Each took its turn in a time of its own, from its order to its recovery, and the next came after the cool-down.
          const spans = acted.map(({ workflowId }) => {
            const mine = stage.site.calls.filter(({ input }) => workflowOf(input) === workflowId);
            const from = Math.min(...mine.filter(({ name }) => name === 'injectFault').map(({ beganMs }) => beganMs));
            return { from, to: Math.max(...mine.filter(({ name }) => name === 'awaitRecovery').map(({ endedMs }) => endedMs!)) };
          });
          spans.sort((a, b) => a.from - b.from);
          const gaps = spans.slice(1).map(({ from }, i) => from - spans[i]!.to);
          expect(Math.min(...gaps)).toBeGreaterThanOrEqual(coolDownMs);
          expect(acted.length).toBeGreaterThanOrEqual(3);
          expect(acted.length).toBeLessThanOrEqual(Math.ceil(25_000 / coolDownMs));
          const epochs = stage.site.orders('injectFault').map(({ epoch }) => epoch);
          expect(new Set(epochs).size).toBe(acted.length);
          expectNothingLeft(stage.site);
          const { holds, queue } = await ledgerUntil(stage, (state) => state.holds.length + state.queue.length === 0);
          expect([holds, queue]).toEqual([[], []]);
        },
        { site: new FakeSite() },
      ),
    180_000,
  );

  test(
    'whoever is terminated loses its place, and the scopes cool down',
    () =>
      onStage(theatre, async (stage) => {
        await startLedger(stage, { checkEveryMs: 300 });
        stage.site.on('guardWave', endlessGuard);
        const first = await startHolding(stage, 'first', { blastRadius: caps({ coolDown: '1s' }) });
        const waiting = await stage.start(experimentDocument({ metadata: metadataOf('waiting') }));
        const second = await stage.start(experimentDocument({ metadata: metadataOf('second') }));
        await ledgerUntil(stage, ({ queue }) => queue.length === 2);
        for (const id of [first, waiting]) await stage.client.temporal.workflow.getHandle(id).terminate('test');
        const { coolDowns, notes } = await ledgerUntil(stage, ({ holds, queue }) => holds.length === 0 && queue.length === 1);
        expect(coolDowns).toMatchObject([{ scope: 'service:payments', by: first }]);
        expect(notes.map(({ text }) => text)).toContain(`${first} lost its place: its run has ended without releasing it`);
        await reach(stage, second, holdsLive);
        await stage.client.abort(second, { by: 'bob' });
        await stage.verdict(second);
      }),
    60_000,
  );

  test(
    'a run that was reset gets a new and higher epoch',
    () =>
      onStage(theatre, async (stage) => {
        stage.site.on('guardWave', endlessGuard);
        const id = await startHolding(stage, 'first');
        const [{ epoch, runId }] = (await ledgerUntil(stage, ({ holds }) => holds.length === 1)).holds as [LedgerState['holds'][number]];
        const { temporal } = stage.client;
        const { events } = await temporal.workflow.getHandle(id).fetchHistory();
        const firstTask = events!.find(({ workflowTaskCompletedEventAttributes: task }) => task)!.eventId!;
        await temporal.workflowService.resetWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId: id, runId },
          workflowTaskFinishEventId: firstTask,
          requestId: randomUUID(),
          reason: 'test',
        });
        const { holds } = await ledgerUntil(stage, (state) => state.holds.some((hold) => hold.runId !== runId));
        expect(holds).toHaveLength(1);
        expect(holds[0]!.epoch).toBeGreaterThan(epoch);
        await reach(stage, id, holdsLive);
        await stage.client.abort(id, { by: 'bob' });
        await stage.verdict(id);
      }),
    60_000,
  );

  test(
    'it continues as a new run with everything kept: holds, queue, cool-downs, limits, epoch',
    () =>
      onStage(theatre, async (stage) => {
        const { runId } = await startLedger(stage, { continueAfterEvents: 40 }).then(async (handle) => handle.describe());
        await stage.client.setLimits('staging', { perScope: 1, maxConcurrentVictims: 7 }, { by: 'ann' });
        stage.site.on('guardWave', endlessGuard);
        const rests = await stage.start(
          experimentDocument({ metadata: metadataOf('rests', { service: 'search' }), blastRadius: caps({ coolDown: '10m' }) }),
        );
        await reach(stage, rests, holdsLive);
        await stage.client.abort(rests, { by: 'bob' });
        const first = await startHolding(stage, 'first');
        const second = await stage.start(experimentDocument({ metadata: metadataOf('second') }));
        await reach(stage, second, 'queued');
        const before = await ledgerUntil(
          stage,
          ({ holds, queue, coolDowns }) => holds.length === 1 && queue.length === 1 && coolDowns.length === 1,
        );
        const handle = stage.client.temporal.workflow.getHandle(ledgerId('staging', stage.taskQueue));
        while ((await handle.describe()).runId === runId)
          await stage.client.setLimits('staging', { perScope: 1, maxConcurrentVictims: 7 }, { by: 'ann' }).catch(() => delay(20)); // one may meet the change of runs
        const after = await ledgerUntil(stage, () => true);
        const kept = ({ holds, queue, coolDowns, limits, epoch }: LedgerState) => ({ holds, queue, coolDowns, limits, epoch });
        expect(kept(after)).toEqual(kept(before));
        await stage.client.abort(first, { by: 'bob' });
        await reach(stage, second, holdsLive);
        await stage.client.abort(second, { by: 'bob' });
        await stage.verdict(second);
      }),
    60_000,
  );

  test(
    'a ledger that was terminated starts anew with the next run, and a halt outlives it',
    () =>
      onStage(theatre, async (stage) => {
        expect(await stage.verdict(await stage.start())).toMatchObject({ verdict: 'passed', victims: [{ wave: 'single' }] });
        await stage.client.halt({ environment: 'staging', by: 'ann', reason: 'drill' }, 10_000);
        const handle = stage.client.temporal.workflow.getHandle(ledgerId('staging', stage.taskQueue));
        await handle.terminate('test');
        expect(await stage.verdict(await stage.start())).toMatchObject({
          verdict: 'denied',
          reason: expect.stringContaining('drill') as unknown,
        });
        await stage.client.setLimits('staging', { perScope: 1, maxConcurrentVictims: 5 }, { by: 'ann' });
        expect(await stage.client.halts('staging')).toMatchObject({ staging: { by: 'ann', reason: 'drill' } });
        await stage.client.liftHalt('staging', { by: 'ann', reason: 'over' });
        await handle.terminate('test');
        expect(await stage.verdict(await stage.start())).toMatchObject({ verdict: 'passed', victims: [{ wave: 'single' }] });
      }),
    60_000,
  );

  describe('messages from anywhere', () => {
    const claim: Claim = { holder: 'h', runId: randomUUID(), wave: 'w', scopes: ['service:payments'], victims: 1, coolDownMs: 0 };
    const huge = 'x'.repeat(100_000);
    const wrong: [update: string, what: string, message: unknown, says: RegExp][] = [
      ['acquire', 'nothing', undefined, /expected `holder`/],
      ['acquire', 'a text', 'let me in', /expected `holder`/],
      ['acquire', 'a list', [[]], /expected `holder`/],
      ['acquire', 'a huge holder', { ...claim, holder: huge }, /expected `holder`/],
      ['acquire', 'half a character', { ...claim, holder: 'run-\ud83d' }, /expected `holder`/],
      ['acquire', 'a run id that is none', { ...claim, runId: 'r' }, /expected `runId`/],
      ['acquire', 'no scopes', { ...claim, scopes: [] }, /expected `scopes`/],
      ['acquire', 'many scopes', { ...claim, scopes: Array(1_000).fill('service:a') }, /expected `scopes`/],
      ['acquire', 'a strange scope', { ...claim, scopes: ['everything'] }, /expected `scopes`/],
      ['acquire', 'no victims', { ...claim, victims: 0 }, /expected `victims`/],
      ['acquire', 'a negative cool-down', { ...claim, coolDownMs: -1 }, /expected `coolDownMs`/],
      ['halt', 'nothing', undefined, /expected \{ "by"/],
      ['halt', 'no reason', { by: 'ann' }, /expected \{ "by"/],
      ['halt', 'a strange kind', { by: 'ann', reason: 'why', kind: 'party' }, /halt or incident/],
      ['halt', 'a huge reason', { by: 'ann', reason: huge }, /texts of 1 to 500/],
      ['lift', 'null', null, /expected \{ "by"/],
      ['limits', 'nothing', undefined, /who is acting/],
      ['limits', 'no cap', { by: 'ann', perScope: 0, maxConcurrentVictims: 10 }, /expected `perScope`/],
      ['limits', 'a text as cap', { by: 'ann', perScope: 1, maxConcurrentVictims: 'all' }, /expected `maxConcurrentVictims`/],
      ['expire', 'nobody', { by: 'ann', reason: 'gone', holder: 'nobody' }, /that has a place/],
    ];

    test('updates with wrong arguments are refused with a clear text, wrong signals are forgotten, and no task fails', () =>
      onStage(theatre, async (stage) => {
        const handle = await startLedger(stage, {});
        for (const [update, , message, says] of wrong) {
          const refusal = await handle.executeUpdate(update, { args: (message === undefined ? [] : [message]) as [unknown] }).then(
            () => `${update} was taken`,
            (error: unknown) => (error instanceof WorkflowUpdateFailedError ? String(error.cause?.message) : String(error)),
          );
          expect(refusal).toMatch(says);
          await handle.signal(update, message);
        }
        for (const signal of ['leave', 'release', 'ledgerAnswer', 'nonsense']) await handle.signal(signal, { holder: 7 });
        const { events } = await handle.fetchHistory();
        expect(events!.filter(({ workflowTaskFailedEventAttributes: failed }) => failed)).toEqual([]);
        expect(await ledgerUntil(stage, () => true)).toMatchObject({ holds: [], queue: [], limits: { perScope: 1 } });
        expect(await handle.executeUpdate('acquire', { args: [claim] })).toMatchObject({ kind: 'granted' });
      }));

    test('a ledger started with nonsense works', () =>
      onStage(theatre, async (stage) => {
        const { workflow } = stage.client.temporal;
        for (const args of [
          [undefined],
          [null],
          [{ environment: 7, state: { holds: 'all', epoch: -3, halt: 'now' }, checkEveryMs: 'often' }],
        ]) {
          const handle = await workflow.start('ledger', { taskQueue: stage.taskQueue, workflowId: `ledger.${randomUUID()}`, args });
          expect(await handle.executeUpdate('acquire', { args: [claim] })).toMatchObject({ kind: 'granted' });
          await handle.terminate();
        }
      }));

    test('forged answers of a ledger change nothing in a run', () =>
      onStage(theatre, async (stage) => {
        stage.site.on('guardWave', endlessGuard);
        const first = await startHolding(stage, 'first');
        const second = await stage.start(experimentDocument({ metadata: metadataOf('second') }));
        await reach(stage, second, 'queued');
        const handle = stage.client.temporal.workflow.getHandle(second);
        const granted = { kind: 'granted', epoch: 1 };
        for (const answer of [undefined, null, 7, { reply: granted }, { holder: second, runId: 'other', wave: 'single', reply: granted }])
          await handle.signal('ledgerAnswer', answer);
        await delay(300);
        expect(await stage.client.status(second)).toMatchObject({ phase: 'queued' });
        for (const id of [second, first]) await stage.client.abort(id, { by: 'bob' });
        await stage.verdict(second);
        await stage.verdict(first);
        expect(stage.site.orders('injectFault').map(({ workflowId }) => workflowId)).toEqual([first]);
      }));
  });
});

/** The run that a site's activity was for. */
function workflowOf(input: unknown): string | undefined {
  const { workflowId, place } = input as Partial<Order> & { place?: { workflowId: string } };
  return workflowId ?? place?.workflowId;
}
