import type { Phase } from '../../src/domain/run.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { expectNothingLeft, reach } from './harness/expectations.ts';
import { endlessGuard, FakeSite, linger } from './harness/fake-site.ts';
import { watchedRecords } from './harness/records.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

/** How a run is brought into a phase, and what it does there. */
interface Scene {
  phase: Phase;
  name?: string;
  document?: Record<string, unknown>;
  /** Holds the run in the phase; what it waits for comes true with `release`. */
  prepare?(site: FakeSite, isReleased: () => boolean): void;
  /** Somebody acts before the phase is reached. */
  before?(stage: Stage, id: string): Promise<unknown>;
  injected: number;
  /** Whether something was live, so that the way from the stop to the undo has a length. */
  isTimed?: boolean;
}

const twoWaves = [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary' }];
const wavesOf = (changes: Record<string, unknown> = {}) => experimentDocument({ waves: twoWaves, ...changes });

const scenes: Scene[] = [
  { phase: 'awaiting-approval', document: wavesOf({ approvals: { required: 1 } }), injected: 0 },
  { phase: 'preparing', prepare: (site) => site.on('prepareWave', async (_, usual) => (await linger(), usual())), injected: 0 },
  { phase: 'arming', prepare: (site) => site.on('guardWave', async (_, usual) => (await linger(), usual())), injected: 0 },
  {
    phase: 'injecting',
    prepare: (site) =>
      site.on('guardWave', endlessGuard).on('injectFault', async (_, usual) => {
        const done = await usual();
        await linger().catch(() => undefined); // it has acted, and says so when it is withdrawn
        return done;
      }),
    injected: 1,
    isTimed: true,
  },
  { phase: 'holding', prepare: (site) => site.on('guardWave', endlessGuard), injected: 1, isTimed: true },
  {
    phase: 'undoing',
    prepare: (site, isReleased) => site.on('revertFault', async (_, usual) => (await linger(isReleased), usual())),
    injected: 1,
    isTimed: true,
  },
  {
    phase: 'recovering',
    prepare: (site, isReleased) => site.on('awaitRecovery', async (_, usual) => (await linger(isReleased), usual())),
    injected: 1,
  },
  {
    phase: 'cooling-down',
    document: wavesOf({ blastRadius: { maxVictims: 4, maxConcurrent: 2, survivorsAtLeast: 1, coolDown: '1h' } }),
    injected: 1,
  },
  {
    phase: 'paused',
    prepare: (site, isReleased) => site.on('prepareWave', async (_, usual) => (await linger(isReleased), usual())),
    before: async ({ site, client }, id) => {
      await site.began('prepareWave');
      await client.pause(id, { by: 'bob' });
    },
    injected: 0,
  },
  {
    phase: 'preparing',
    name: 'between two iterations',
    document: experimentDocument({
      waves: [
        { name: 'dry-run', dryRun: true },
        { name: 'stress', iterations: 3 },
      ],
    }),
    prepare: (site) => site.on('prepareWave', async ({ place }, usual) => (place.iteration === 1 ? (await linger(), usual()) : usual())),
    injected: 1,
  },
];

const ways: Record<string, { stop(stage: Stage, id: string): Promise<unknown>; by: string }> = {
  'the abort update': { stop: ({ client }, id) => client.abort(id, { by: 'bob', reason: 'pager' }), by: 'bob aborted: pager' },
  'a cancellation by Temporal': {
    stop: ({ client }, id) => client.temporal.workflow.getHandle(id).cancel(),
    by: 'Temporal aborted: the workflow was cancelled',
  },
};

/** The server refuses an update whose workflow task it has to repeat (`unexpected workflow task failure`): whoever steers asks again. */
async function askUntilTaken(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const refusal = await ask().then(
      () => undefined,
      (error: Error) => error,
    );
    if (!refusal) return;
    if (attempt === 5 || !String(refusal.cause).includes('unexpected workflow task failure')) throw refusal;
  }
}

describeWithTemporal('stopping a run', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  describe.each(Object.keys(ways))('by %s', (way) => {
    test.each(scenes.map((scene) => [scene.name ?? `while ${scene.phase}`, scene] as const))('%s', (_name, scene) => {
      const site = new FakeSite();
      let isReleased = false;
      return onStage(
        theatre,
        async (stage) => {
          scene.prepare?.(site, () => isReleased || (scene.phase === 'paused' && site.of('prepareWave').length > 1));
          const id = await stage.start(scene.document ?? wavesOf());
          await scene.before?.(stage, id);
          if (scene.phase === 'paused') isReleased = true;
          await reach(
            stage,
            id,
            (run) =>
              run.phase === scene.phase &&
              (scene.injected === 0 || run.victims.length > 0) &&
              (scene.name === undefined || run.iteration === 1),
          );
          // a victim is named before its order reaches the site: without this wait the abort may overtake it
          await site.until(() => site.of('injectFault').length >= scene.injected);
          const { stop, by } = ways[way]!;
          const stopMs = Date.now();
          await stop(stage, id);
          if (scene.phase === 'undoing' || scene.phase === 'recovering') await reach(stage, id, (run) => run.aborted !== undefined);
          isReleased = true;
          const result = await stage.verdict(id);
          expect(result).toMatchObject({ verdict: 'aborted', rule: 'aborted-by-person', reason: by, leftovers: [] });
          expect(site.of('injectFault')).toHaveLength(scene.injected);
          expect(site.of('injectFault').filter(({ beganMs }) => beganMs > stopMs)).toEqual([]);
          expectNothingLeft(site);
          expect(site.of('awaitRecovery')).toHaveLength(scene.injected);
          expect(site.of('revertFault')).toHaveLength(scene.injected); // once: the undo did not overtake its deed
          if (scene.isTimed) {
            expect(result.stopLatencyMs).toBeGreaterThanOrEqual(0);
            expect(result.stopLatencyMs).toBeLessThan(2_000);
          } else expect(result.stopLatencyMs ?? 0).toBeLessThan(2_000);
          expect((await stage.records.events(id)).map(({ kind }) => kind)).toContain('abort');
          expect(await stage.records.findRun(id)).toMatchObject({ verdict: 'aborted' });
        },
        { site },
      );
    });
  });

  test('while it is being admitted', () => {
    const records = watchedRecords();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const inner = records.openRun;
    let note = (): void => undefined;
    const asked = new Promise<void>((resolve) => (note = resolve));
    records.openRun = async (run) => {
      note();
      await opened;
      return inner(run);
    };
    return onStage(
      theatre,
      async (stage) => {
        const id = await stage.start();
        await asked;
        const aborting = askUntilTaken(() => stage.client.abort(id, { by: 'bob' }));
        setTimeout(open, 200);
        await aborting;
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted', reason: 'bob aborted: no reason given' });
        expect(stage.site.of('injectFault')).toEqual([]);
      },
      { records },
    );
  });

  test('a live fault is undone within a second of the abort, and runbooks named for rollback run', () =>
    onStage(theatre, async (stage) => {
      stage.site.on('guardWave', endlessGuard);
      const id = await stage.start(
        experimentDocument({
          runbooks: { restart: { steps: [{ remedy: { kind: 'http-request', url: 'http://127.0.0.1:9/restart' } }] } },
          rollbacks: ['restart'],
        }),
      );
      await reach(stage, id, 'holding');
      const abortedMs = Date.now();
      await stage.client.abort(id, { by: 'bob', reason: 'pager' });
      const undo = await stage.site.began('revertFault');
      expect(undo.beganMs - abortedMs).toBeLessThan(1_000);
      const result = await stage.verdict(id);
      expect(result).toMatchObject({ verdict: 'aborted' });
      expect(stage.site.of('applyRemedy')).toHaveLength(1);
      expect(result.iterations.at(-1)?.recovery).toMatchObject({ helpedBy: ['restart'] });
    }));

  test('a cancellation by Temporal runs the rollbacks too', () =>
    onStage(theatre, async (stage) => {
      stage.site.on('guardWave', endlessGuard);
      const id = await stage.start(
        experimentDocument({
          runbooks: { restart: { steps: [{ remedy: { kind: 'http-request', url: 'http://127.0.0.1:9/restart' } }] } },
          rollbacks: ['restart'],
        }),
      );
      await reach(stage, id, 'holding');
      await stage.client.temporal.workflow.getHandle(id).cancel();
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted' });
      expect(stage.site.of('applyRemedy')).toHaveLength(1);
    }));

  test('only once, and not when it is over', () =>
    onStage(theatre, async (stage) => {
      let isReleased = false;
      stage.site.on('revertFault', async (_, usual) => (await linger(() => isReleased), usual()));
      const id = await stage.start();
      await reach(stage, id, 'undoing');
      await stage.client.abort(id, { by: 'bob' });
      await expect(stage.client.abort(id, { by: 'eve' })).rejects.toMatchObject({
        cause: { type: 'WrongPhase', message: 'bob has aborted already' },
      });
      isReleased = true;
      await stage.verdict(id);
      await expect(stage.client.abort(id, { by: 'eve' })).rejects.toThrow();
      expectNothingLeft(stage.site);
    }));
});
