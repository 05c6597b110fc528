import { setTimeout as delay } from 'node:timers/promises';
import type { SamplePlace } from '../../src/activities/recorder.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { autoregression } from '../domain/statistics/series.ts';
import { experimentDocument } from './harness/document.ts';
import { expectNothingLeft } from './harness/expectations.ts';
import { FakeSite } from './harness/fake-site.ts';
import { onStage, openTheatre, type StageOptions, type Theatre } from './harness/stage.ts';

const SAMPLES = 200;

/** A site that records a latency about 100 ms, which the fault shifts. */
function recordingSite(shiftMs: number): StageOptions {
  const records = createMemoryRecords();
  const site = new FakeSite();
  let seed = 1;
  const record = ({ workflowId, ...place }: SamplePlace, fromMs: number, shift: number): Promise<void> =>
    records.appendSamples(
      workflowId,
      autoregression(seed++, 0.4, SAMPLES).map((z, i) => ({
        ...{ ...place, probe: 'latency', atMs: fromMs + i },
        measurement: { kind: 'value', value: 100 + 10 * z + shift },
      })),
    );
  // Two samples of one millisecond are one sample: the windows of neighbouring iterations must not overlap.
  site.on('prepareWave', async (input, usual) => {
    await delay(SAMPLES);
    await record(input.place, Date.now() - SAMPLES, 0);
    return usual();
  });
  site.on('guardWave', async (input, usual) => {
    const outcome = await usual();
    if (input.holdMs > 0) await record(input.place, Date.now() + 1, shiftMs);
    await delay(SAMPLES + 1);
    return outcome;
  });
  return { site, records };
}

const document = (wave: Record<string, unknown>, changes: Record<string, unknown> = {}) => {
  const { probes, ...rest } = experimentDocument();
  const { errors } = probes as { errors: Record<string, unknown> };
  return {
    ...rest,
    probes: { errors, latency: errors },
    comparisons: [{ probe: 'latency', effect: 20, alpha: '5%' }],
    waves: [
      { name: 'dry-run', dryRun: true },
      { name: 'canary', ...wave },
    ],
    ...changes,
  };
};

describeWithTemporal('comparisons', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());
  const run = (changes: Record<string, unknown>, options: StageOptions) =>
    onStage(
      theatre,
      async ({ start, verdict, site, records }) => {
        const id = await start(changes);
        const result = await verdict(id);
        if (site.orders('injectFault').every(({ fault }) => fault.kind === 'process-pause')) expectNothingLeft(site);
        return { result, compared: (await records.events(id)).filter(({ kind }) => kind === 'compared') };
      },
      options,
    );

  test('harm fails the run with its numbers, and hits nobody more', async () => {
    const { result, compared } = await run(document({ iterations: 4 }), recordingSite(60));
    expect(result).toMatchObject({ verdict: 'failed', rule: 'comparison-refuted' });
    expect(result.reason).toMatch(/wave canary: latency shifted by \d.* the effect that matters is 20; p \d/);
    expect(result.victims.length).toBeLessThan(4);
    expect(compared.at(-1)).toMatchObject({ wave: 'canary', data: { outcome: 'refuted', decidedBy: 'at-look' } });
  });

  test('a wave that may stop early ends once no relevant harm is shown; otherwise it goes on', async () => {
    const early = await run(
      document({ iterations: 4, stopEarly: true }, { comparisons: [{ probe: 'latency', effect: 60 }] }),
      recordingSite(0),
    );
    expect(early.result).toMatchObject({ verdict: 'passed' });
    expect(early.result.victims.length).toBeLessThan(4);
    const whole = await run(document({ iterations: 3 }), recordingSite(0));
    expect(whole.result).toMatchObject({ verdict: 'passed' });
    expect(whole.compared).toHaveLength(3);
    expect(whole.result.reason).toMatch(/latency shifted by/);
  });

  test('samples that cannot be read, and too few of them, are no pass', async () => {
    const lost = recordingSite(0);
    lost.records = { ...lost.records!, samples: () => Promise.reject(new Error('connect ECONNREFUSED')) };
    const unread = await run(document({}), lost);
    expect(unread.result).toMatchObject({ verdict: 'inconclusive', rule: 'comparison-undecided' });
    expect(unread.result.reason).toMatch(/the samples could not be read: .*ECONNREFUSED/);
    const few = await run(document({}), {});
    expect(few.result).toMatchObject({ verdict: 'inconclusive', rule: 'comparison-undecided' });
  });

  test('nothing but a rehearsal is no pass; as the reference of another wave it is', async () => {
    const alone = await run(document({ fault: { kind: 'no-op' } }), recordingSite(0));
    expect(alone.result).toMatchObject({ verdict: 'inconclusive', rule: 'too-little-data' });
    const waves = [{ name: 'dry-run', dryRun: true }, { name: 'noise', fault: { kind: 'no-op' } }, { name: 'canary' }];
    const comparisons = [{ probe: 'latency', design: 'rehearsal', effect: 20, alpha: '5%' }];
    const both = await run(document({}, { waves, comparisons }), recordingSite(0));
    expect(both.result).toMatchObject({ verdict: 'passed' });
    expect(both.compared).toHaveLength(1);
  });
});
