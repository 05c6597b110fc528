import type { PrepareInput } from '../../src/activities/prepare.ts';
import type { RecoveryInput } from '../../src/activities/recovery.ts';
import { READY_TARGETS } from '../../src/domain/survivors.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument, fourWaves } from './harness/document.ts';
import { containing, expectNothingLeft } from './harness/expectations.ts';
import { FakeSite, target } from './harness/fake-site.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

const blastRadius = { maxVictims: 4, maxConcurrent: 2, survivorsAtLeast: 2, coolDown: '0s' };
const missingOne = [{ probe: READY_TARGETS, tolerance: '≥ 5', worst: 4, count: 1 }];

describeWithTemporal('survivors: nobody more is hit before earlier victims are back', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const preparations = (site: FakeSite): PrepareInput[] => site.of('prepareWave').map(({ input }) => input as PrepareInput);
  const recoveries = (site: FakeSite): RecoveryInput[] => site.of('awaitRecovery').map(({ input }) => input as RecoveryInput);

  test('the run remembers how many there were, demands as many of every wave, and waits for them in recovery', () =>
    onStage(theatre, async ({ site, start, verdict, records }) => {
      const id = await start(experimentDocument({ waves: fourWaves, blastRadius }));
      expect(await verdict(id)).toMatchObject({ verdict: 'passed' });
      expect(preparations(site).map(({ before }) => before)).toEqual([undefined, ...Array<object>(4).fill({ size: 5, ready: 5 })]);
      const { targets } = experimentDocument();
      const places = recoveries(site).map(({ population: { hit: _hit, ...population } = {} }) => population);
      expect(places).toEqual(Array(4).fill({ targets, site: 'local', ready: 5 }));
      const hits = recoveries(site).flatMap(({ population }) => population?.hit?.ids ?? []);
      expect(hits.sort()).toEqual(
        site
          .orders('injectFault')
          .map(({ target }) => target.id)
          .sort(),
      );
      expect(site.orders('injectFault').map(({ survivors }) => survivors)).toEqual(Array(6).fill({ targets, atLeast: 2 }));
      const chosen = (await records.events(id)).filter(({ kind }) => kind === 'victims-chosen');
      expect(chosen.map(({ data }) => data['ready'])).toEqual([5, 5, 5, 5, 5]);
    }));

  test('a victim that has not come back closes the gate, with the numbers', () =>
    onStage(theatre, async ({ site, start, verdict, records }) => {
      site.on('revertFault', (order, usual) => {
        site.unready.add(order.target.name);
        return usual();
      });
      const id = await start(experimentDocument({ waves: fourWaves, blastRadius }));
      const result = await verdict(id);
      const [victim] = result.victims;
      expect(result).toMatchObject({ verdict: 'aborted', rule: 'gate-closed' });
      expect(result.reason).toBe(
        `not before wave canary: 4 of 5 are ready: the victims of wave single have not come back (${victim!.name}: it listens on no TCP port)`,
      );
      expect(site.of('injectFault')).toHaveLength(1);
      expectNothingLeft(site);
      expect((await records.events(id)).filter(({ kind }) => kind === 'survivors')).toMatchObject([{ wave: 'canary', data: { ready: 4 } }]);
    }));

  test('the gate is asked between the iterations of one wave, too', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('revertFault', (_, usual, nth) => {
        if (nth === 2) site.population = site.population.slice(1);
        return usual();
      });
      const waves = [
        { name: 'dry-run', dryRun: true },
        { name: 'stress', iterations: 4 },
      ];
      expect(await verdict(await start(experimentDocument({ waves, blastRadius })))).toMatchObject({
        rule: 'gate-closed',
        reason: containing('4 of 5 are ready: the victims of wave stress have not come back'),
      });
      expect(site.of('injectFault')).toHaveLength(2);
    }));

  test('a system that brings no victim back has not recovered, and the reason says how many are missing', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('awaitRecovery', ({ population }) => {
        expect(population).toBeDefined();
        return Promise.resolve({ kind: 'deadline', outside: missingOne });
      });
      expect(await verdict(await start(experimentDocument({ waves: fourWaves, blastRadius })))).toMatchObject({
        verdict: 'failed',
        reason: containing('steady state was not back within 2 s: targets.ready 4, not ≥ 5'),
      });
      expect(site.of('injectFault')).toHaveLength(1);
    }));

  test('a file that says so goes on without them: then the floor alone decides', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('revertFault', (order, usual) => {
        site.population = site.population.filter(({ id }) => id !== order.target.id);
        return usual();
      });
      const waves = [
        { name: 'dry-run', dryRun: true },
        { name: 'stress', iterations: 4 },
      ];
      const result = await verdict(await start(experimentDocument({ waves, blastRadius: { ...blastRadius, victimsReturn: false } })));
      expect(recoveries(site).every(({ population }) => population === undefined)).toBe(true);
      expect(result).toMatchObject({ verdict: 'aborted', rule: 'gate-closed', reason: containing('survivorsAtLeast is 2 of 2') });
      expect(site.of('injectFault')).toHaveLength(3); // of five; two survive
    }));

  test.each([
    ['of five, one survives whatever the file says', 5, 1],
    ['a single one is the file’s to decide', 1, 0],
  ])('%s', (_name, size, atLeast) => {
    const site = new FakeSite();
    site.population = Array.from({ length: size }, (_, i) => target(`worker-${i}`));
    return onStage(
      theatre,
      async ({ start, verdict }) => {
        await verdict(await start(experimentDocument({ blastRadius: { ...blastRadius, survivorsAtLeast: 0 } })));
        expect(site.orders('injectFault').map(({ survivors }) => survivors.atLeast)).toEqual([atLeast]);
      },
      { site },
    );
  });

  test('somebody who goes before anybody was hit: denied, nothing happened', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('guardWave', (_, usual) => {
        site.unready.add('worker-3');
        return usual();
      });
      expect(await verdict(await start(experimentDocument({ blastRadius })))).toMatchObject({
        verdict: 'denied',
        reason: containing('not before wave single: 4 of 5 are ready: somebody has gone since the run began, and not by its doing'),
      });
      expect(site.of('injectFault')).toEqual([]);
    }));
});
