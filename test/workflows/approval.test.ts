import { ApplicationFailure } from '@temporalio/common';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { containing, expectNothingLeft, reach } from './harness/expectations.ts';
import { FakeSite, target } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const crowd = (size: number) => Array.from({ length: size }, (_, i) => target(`worker-${i}`));
/** A site of ten. */
const large = (): FakeSite => Object.assign(new FakeSite(), { population: crowd(10) });
const blastRadius = { maxVictims: 10, maxConcurrent: 10, survivorsAtLeast: 1, coolDown: '0s' };
const needed = (changes: Record<string, unknown> = {}) => experimentDocument({ approvals: { required: 1 }, blastRadius, ...changes });

describeWithTemporal('for how many an approval was given', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  /** Approves what the run waits for. @returns for how many it was asked */
  async function approve(stage: Stage, id: string, what = 'start'): Promise<number | undefined> {
    const { digest, awaitingFor } = await reach(stage, id, ({ awaiting }) => awaiting === what);
    await stage.client.approve(id, { by: 'bob', digest: digest! });
    return awaitingFor?.all;
  }

  test('more have gone than it tolerates: the run is denied with the numbers, and nothing is armed', () =>
    onStage(
      theatre,
      async (stage) => {
        const { site, start, verdict, records } = stage;
        const id = await start(needed());
        await reach(stage, id, 'awaiting-approval');
        site.population = crowd(7);
        expect(await approve(stage, id)).toBe(10);
        const result = await verdict(id);
        expect(result).toMatchObject({ verdict: 'denied', rule: 'denied', victims: [] });
        expect(result.reason).toMatch(/wave dry-run is not run: .* for 10 targets .* 7 are left; .* is 20%, so that 8 must be/);
        expect(site.calls.map(({ name }) => name)).toEqual(['countTargets', 'prepareWave']);
        const [said] = (await records.events(id)).filter(({ kind }) => kind === 'approval-void');
        expect(said?.data).toMatchObject({ approved: { all: 10, mayDropBy: 0.2 }, ready: 7 });
      },
      { site: large() },
    ));

  test('those that are not ready have gone, too', () =>
    onStage(
      theatre,
      async (stage) => {
        const { site, start, verdict } = stage;
        const id = await start(needed());
        await reach(stage, id, 'awaiting-approval');
        for (const { name } of site.population.slice(0, 3)) site.unready.add(name);
        await approve(stage, id);
        expect(await verdict(id)).toMatchObject({ verdict: 'denied', reason: containing('7 are left') });
      },
      { site: large() },
    ));

  test('a smaller drop takes victims away, rounded down, and the approval stands', () =>
    onStage(
      theatre,
      async (stage) => {
        const { site, start, verdict } = stage;
        const id = await start(needed({ selection: { percent: '30%' } }));
        await reach(stage, id, 'awaiting-approval');
        site.population = crowd(8);
        await approve(stage, id);
        const result = await verdict(id);
        expect(result).toMatchObject({ verdict: 'passed' });
        expect(result.victims).toHaveLength(2); // 30% of 8 is 2.4; of the 10 that were approved it was 3
        expectNothingLeft(site);
      },
      { site: large() },
    ));

  const waves = [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary', gate: 'approval' }, { name: 'stress' }];
  const lonely = { ...blastRadius, victimsReturn: false };

  test('a later wave is denied, what was run before it counts; a gate asks anew, for those who are there then', () =>
    onStage(
      theatre,
      async (stage) => {
        const { site, start, verdict } = stage;
        const id = await start(needed({ waves, fault: { kind: 'process-kill' }, blastRadius: lonely }));
        site.on('awaitRecovery', async (_input, usual) => {
          site.population = crowd(site.of('awaitRecovery').length === 1 ? 6 : 3);
          return usual();
        });
        expect(await approve(stage, id)).toBe(10);
        expect(await approve(stage, id, 'wave canary')).toBe(6); // 4 of 10 have gone: by the run's approval it would be denied
        const result = await verdict(id);
        expect(result).toMatchObject({ verdict: 'denied', rule: 'wave-denied' });
        expect(result.reason).toMatch(/wave stress is not run: .* for 6 targets .* 3 are left beside 1 that this run has taken since/);
        expect(result.victims.map(({ wave }) => wave)).toEqual(['single', 'canary']);
      },
      { site: large() },
    ));

  test('whoever was undone was not taken, and stands for nobody who has gone', () =>
    onStage(
      theatre,
      async (stage) => {
        const { site, start, verdict } = stage;
        const id = await start(needed({ waves: [...waves.slice(0, 2), { name: 'canary' }], blastRadius: lonely }));
        site.on('awaitRecovery', async (_input, usual) => {
          site.population = crowd(7);
          return usual();
        });
        expect(await approve(stage, id)).toBe(10);
        const result = await verdict(id);
        expect(result).toMatchObject({ verdict: 'denied', rule: 'wave-denied' });
        expect(result.reason).toMatch(/wave canary is not run: .* for 10 targets .* 7 are left; /);
        expectNothingLeft(site);
      },
      { site: large() },
    ));

  test('whom nobody can count, nobody is asked for; what the site may not do is said', () =>
    onStage(theatre, async (stage) => {
      const { site, start, verdict } = stage;
      site.on('countTargets', () => Promise.reject(ApplicationFailure.nonRetryable('the cluster is away')));
      const unknown = await verdict(await start(needed()));
      expect(unknown).toMatchObject({ verdict: 'denied', reason: containing('could not be counted: ') });
      const why = { probe: 'access to the cluster', tolerance: 'list pods in namespace shop', why: 'site may not' };
      site.on('countTargets', () => Promise.resolve({ unmet: [why] }));
      const refused = await verdict(await start(needed()));
      expect(refused.reason).toBe('not before the approval of start: access to the cluster (list pods in namespace shop): site may not');
      expect(site.of('prepareWave')).toEqual([]);
    }));

  test('a run that asks nobody counts nobody', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      expect(await verdict(await start())).toMatchObject({ verdict: 'passed' });
      expect(site.of('countTargets')).toEqual([]);
    }));

  test('what the system would refuse denies the wave before anything is armed, and what was run before it counts', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      const refusal = 'pod web-1 must not be evicted: budget shop/web allows 0 disruptions: 2 of 2 pods healthy, 2 wanted';
      let refusedWave = 'dry-run';
      site.on('prepareWave', async ({ wave }, usual) => ({ ...(await usual()), ...(wave.name === refusedWave && { refusal }) }));
      const first = await verdict(await start());
      expect(first).toMatchObject({ verdict: 'denied', rule: 'denied', reason: `wave dry-run is not run: ${refusal}`, victims: [] });
      expect(site.of('guardWave')).toEqual([]);
      refusedWave = 'canary';
      const later = await verdict(await start(experimentDocument({ waves: [...waves.slice(0, 2), { name: 'canary' }] })));
      expect(later).toMatchObject({ verdict: 'denied', rule: 'wave-denied', reason: `wave canary is not run: ${refusal}` });
      expect(site.of('injectFault')).toHaveLength(1);
      expectNothingLeft(site);
    }));

  test('a wave that has hit somebody is ended by it, not denied', () =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.on('prepareWave', async ({ place }, usual) => ({
        ...(await usual()),
        ...(place.wave === 'single' && place.iteration === 1 && { refusal: 'its budget is spent' }),
      }));
      const twice = [waves[0], { name: 'single', iterations: 2 }];
      const result = await verdict(await start(experimentDocument({ waves: twice })));
      expect(result).toMatchObject({
        verdict: 'aborted',
        rule: 'gate-closed',
        reason: 'wave single does not go on: its budget is spent',
      });
      expect(result.victims).toHaveLength(1);
      expectNothingLeft(site);
    }));
});
