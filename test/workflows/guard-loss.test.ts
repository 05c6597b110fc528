import { setTimeout as delay } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { handedOver, type GuardCheckpoint, type GuardInput } from '../../src/activities/guard.ts';
import { newGuardState } from '../../src/domain/guard.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { containing, expectNothingLeft, reach } from './harness/expectations.ts';
import { announce, linger, type Behaviour, type FakeSite } from './harness/fake-site.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

const MAX_BLIND_MS = 4_000;
/** The bound of issue 4: from the last sight to the undo. */
const UNDONE_WITHIN_MS = MAX_BLIND_MS + 5_000;

const holdLong = (changes: Record<string, unknown> = {}): Record<string, unknown> =>
  experimentDocument({
    guard: { maxBlind: `${MAX_BLIND_MS / 1_000}s` },
    timing: { baseline: '100ms', hold: '5m', recoverWithin: '2s', stableFor: '100ms' },
    ...changes,
  });

const isAnswered = (site: FakeSite) => (): boolean => site.of('injectFault').some(({ endedMs }) => endedMs !== undefined);

/** What a guard leaves that saw everything a moment ago. @param aheadMs how far its worker's clock is ahead */
const seeing = ({ rules, holdMs }: GuardInput, aheadMs = 0): GuardCheckpoint => {
  const nowMs = Date.now() + aheadMs;
  return { state: newGuardState(rules, nowMs), endMs: nowMs + holdMs };
};

/** A guard that sees until the fault is there and then falls silent, as one whose process was killed; each that follows dies at once. */
const dying =
  (site: FakeSite, released: Promise<void>, seen: (atMs: number) => void, aheadMs = 0): Behaviour<'guardWave'> =>
  async (input, usual, nth) => {
    if (input.holdMs === 0) return usual();
    if (nth === 2) await announce(input.place);
    for (let beats = 0; nth === 2 ? !isAnswered(site)() || beats < 5 : beats < 1; beats++) {
      heartbeat(nth === 2 ? seeing(input, aheadMs) : input.resume); // those that follow saw nothing new
      seen(Date.now());
      await delay(100);
    }
    await released;
    throw new Error('it was lost long ago');
  };

/** Lets silent guards go at the end of a test, so that their worker can stop. */
async function releasing<T>(play: (released: Promise<void>) => Promise<T>): Promise<T> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  try {
    return await play(released);
  } finally {
    release();
  }
}

describeWithTemporal('a guard that is lost', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test.each([
    ['for ever', 0],
    ['for ever, by workers whose clock is an hour ahead', 3_600_000],
  ])(
    '%s: undone within maxBlind and a few seconds, though the hold is long and its queue has workers',
    (_name, aheadMs) =>
      onStage(theatre, ({ site, start, verdict }) =>
        releasing(async (released) => {
          let seenMs = 0;
          const first = (atMs: number): void => void (site.of('guardWave').length === 2 && (seenMs = atMs));
          site.on('guardWave', dying(site, released, first, aheadMs));
          const id = await start(holdLong());
          const undo = await site.began('revertFault');
          process.stderr.write(`guard lost for ever: last sight to undo ${undo.beganMs - seenMs} ms at maxBlind ${MAX_BLIND_MS} ms\n`);
          expect(undo.beganMs - seenMs).toBeLessThan(UNDONE_WITHIN_MS);
          const result = await verdict(id);
          expect(result).toMatchObject({ verdict: 'aborted', rule: 'guard-blind', reason: containing('the guard was lost: ') });
          expect(result.reason).toMatch(/nothing was seen for \d+\.\d s \(maxBlind 4 s\)/);
          expectNothingLeft(site);
        }),
      ),
    60_000,
  );

  test(
    'while the site has no worker any more: the run gives up within maxBlind, and undoes as soon as one comes',
    () =>
      onStage(theatre, async ({ site, start, verdict, client, taskQueue }) => {
        // Another queue for this site, because the stage's own worker serves until the end.
        const queue = { connection: theatre.connection, taskQueue: `${taskQueue}.far`, shutdownGraceTime: '100ms' } as const;
        const worker = () => Worker.create({ ...queue, shutdownForceTime: '1s', activities: site.activities });
        let seenMs = 0;
        let lostMs = 0;
        site.on('guardWave', async (input, usual) => {
          if (input.holdMs === 0) return usual();
          await announce(input.place);
          while (!isAnswered(site)()) {
            heartbeat(seeing(input));
            seenMs = Date.now();
            await delay(100);
          }
          lostMs = Date.now();
          throw ApplicationFailure.create({ message: 'its worker was asked to leave', details: [seeing(input)] });
        });
        const leaving = await worker();
        const id = await leaving.runUntil(async () => {
          const started = await start(holdLong({ site: 'far' }));
          await site.until(() => lostMs > 0);
          return started;
        });
        await reach({ client } as never, id, 'undoing');
        expect(Date.now() - seenMs).toBeLessThan(UNDONE_WITHIN_MS);
        expect(site.of('revertFault')).toHaveLength(0);
        const result = await (await worker()).runUntil(() => verdict(id));
        expect(result).toMatchObject({
          verdict: 'aborted',
          rule: 'guard-blind',
          reason: containing('no worker of the site took guardWave'),
        });
        expectNothingLeft(site);
      }),
    60_000,
  );

  test(
    'and followed in time: the next goes on from its checkpoint, with its end, and the run passes',
    () =>
      onStage(theatre, async ({ site, start, verdict }) => {
        const inputs: GuardInput[] = [];
        const left: GuardCheckpoint[] = [];
        site.on('guardWave', async (input, usual, nth) => {
          inputs.push(input);
          if (nth !== 2) return usual();
          await announce(input.place);
          await linger(isAnswered(site));
          left.push(seeing(input));
          throw ApplicationFailure.create({ message: 'its worker was asked to leave', type: 'GuardLeaves', details: left });
        });
        const result = await verdict(await start());
        expect(result).toMatchObject({ verdict: 'passed', leftovers: [] });
        expect(inputs).toHaveLength(3);
        expect(inputs[2]).toMatchObject({ resume: left[0], blindSinceMs: expect.any(Number) as unknown });
        expect(site.of('injectFault')).toHaveLength(1);
      }),
    30_000,
  );

  test(
    'again and again by an error: not tried for longer than maxBlind',
    () =>
      onStage(theatre, async ({ site, start, verdict }) => {
        let armedMs = 0;
        site.on('guardWave', async (input, usual) => {
          if (input.holdMs === 0) return usual();
          if (armedMs === 0) {
            await announce(input.place);
            await linger(isAnswered(site));
            armedMs = Date.now();
          }
          throw new Error('the registry is unreadable');
        });
        const result = await verdict(await start(holdLong()));
        expect(result).toMatchObject({ rule: 'guard-blind', reason: containing('the registry is unreadable') });
        expect(site.of('revertFault')[0]!.beganMs - armedMs).toBeLessThan(UNDONE_WITHIN_MS);
        expect(site.of('guardWave').length).toBeLessThan(25);
        expectNothingLeft(site);
      }),
    60_000,
  );

  test(
    'because somebody paused its activity in Temporal: another takes over',
    () =>
      onStage(theatre, async ({ site, start, verdict, client }) => {
        site.on('guardWave', async (input, usual, nth) => {
          if (input.holdMs === 0 || nth > 2) return usual();
          await announce(input.place);
          await linger().catch((cause: unknown) => {
            throw handedOver(cause, seeing(input));
          });
          return usual();
        });
        const id = await start();
        await site.until(isAnswered(site));
        const { temporal } = client;
        const execution = { workflowId: id };
        const { pendingActivities } = await temporal.workflowService.describeWorkflowExecution({ namespace: 'default', execution });
        const guard = pendingActivities.find(({ activityType }) => activityType?.name === 'guardWave')!;
        await temporal.workflowService.pauseActivity({ namespace: 'default', execution, id: guard.activityId!, identity: 'somebody' });
        expect(await verdict(id)).toMatchObject({ verdict: 'passed', leftovers: [] });
        expect(site.of('guardWave')).toHaveLength(3);
        expectNothingLeft(site);
      }),
    30_000,
  );
});
