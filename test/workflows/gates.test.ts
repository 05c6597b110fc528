import { budgetSignal } from '../../src/domain/budget.ts';
import { ledgerId } from '../../src/domain/ledger/names.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { expectNothingLeft, holdsLive, reach } from './harness/expectations.ts';
import { endlessGuard, FakeSite, healthy } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

const counter = (name: string) => ({ kind: 'http', url: `http://127.0.0.1:9/${name}`, read: { jsonPath: '$.n' } });
const slo = { payments: { objective: '99.9%', good: counter('good'), total: counter('total') } };
const metadata = { name: 'payment-worker', owner: 'payments', service: 'payments', environment: 'staging' };
const gated = (requires: Record<string, unknown>) =>
  experimentDocument({
    waves: [
      { name: 'dry-run', dryRun: true },
      { name: 'canary' },
      { name: 'stress', selection: { count: 2 }, requires: { wave: 'canary', ...requires } },
    ],
  });
const costly = (budget: Record<string, unknown>, service = 'payments') =>
  experimentDocument({
    slo,
    metadata: { ...metadata, service },
    waves: [
      { name: 'dry-run', dryRun: true },
      { name: 'single', budget: { slo: 'payments', ...budget } },
    ],
  });

/** A site whose error budget has so much left. */
function siteWith(remaining: number | null): FakeSite {
  const site = new FakeSite();
  return site.on('prepareWave', async (_input, usual) => {
    const preparation = await usual();
    preparation.baseline.summaries[budgetSignal('payments')] = { ...healthy, last: remaining };
    return preparation;
  });
}

describeWithTemporal('what a wave must have earned', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const run = async ({ start, verdict }: Stage, document: Record<string, unknown>) => verdict(await start(document));

  test('a wave is denied with what is missing until its evidence is on record; what was run before it counts', () =>
    onStage(theatre, async (stage) => {
      const document = gated({ passed: 2 });
      for (const passed of [0, 1]) {
        const result = await run(stage, document);
        expect(result).toMatchObject({ verdict: 'denied', rule: 'wave-denied' });
        expect(result.reason).toContain(`wave canary passed in ${passed} of the 2 runs that are required within 30 d`);
        expect(result.victims.map(({ wave }) => wave)).toEqual(['canary']);
      }
      const planned = await stage.client.plan({ document, requestedBy: 'ann', seed: 7 });
      expect(planned).toMatchObject({ worth: [{ wave: 'stress', evidence: { passed: 2, recovered: 2, of: 2 }, missing: [] }] });
      expect(await run(stage, document)).toMatchObject({ verdict: 'passed' });
      const [newest] = await stage.records.waves({ limit: 10, wave: 'stress' });
      expect(newest).toMatchObject({ verdict: 'passed', runVerdict: 'passed', recovered: 1, of: 1 });
      expect(await stage.records.waves({ limit: 10, wave: 'canary' })).toMatchObject([
        { runVerdict: 'passed', verdict: 'passed' },
        { runVerdict: 'denied', verdict: 'passed' },
        { runVerdict: 'denied', verdict: 'passed' },
      ]);
      expectNothingLeft(stage.site);
    }));

  test('a bound that few recoveries cannot show denies; plan says so beforehand, and nothing is asked of people', () =>
    onStage(theatre, async (stage) => {
      const document = gated({ recoveryLowerBound: '80%' });
      await run(stage, document);
      const result = await run(stage, { ...document, approvals: { required: 0 } });
      expect(result.reason).toMatch(/recovered in time in 1 of 1, which shows 2\.5% at least \(95% confidence\), and 80% are required/);
      const planned = await stage.client.plan({ document, requestedBy: 'ann', seed: 7 });
      expect(planned).toMatchObject({ worth: [{ missing: [expect.stringContaining('17 in a row would show it')] }] });
    }));

  test('records that do not answer are no evidence', () => {
    const records = { ...createMemoryRecords(), waves: () => Promise.reject(new Error('connect ECONNREFUSED')) };
    return onStage(
      theatre,
      async (stage) => {
        const result = await run(stage, gated({}));
        expect(result).toMatchObject({ verdict: 'denied', rule: 'wave-denied' });
        expect(result.reason).toContain('the records could not be read');
        expectNothingLeft(stage.site);
      },
      { records },
    );
  });

  test('a first wave that cannot be afforded is denied with the numbers, and nobody is touched', () =>
    onStage(
      theatre,
      async (stage) => {
        const result = await run(stage, costly({ expectedCost: '5%', keep: '20%' }));
        expect(result).toMatchObject({ verdict: 'denied', rule: 'denied', victims: [] });
        expect(result.reason).toBe(
          'wave single is not run: the error budget of payments has 22% left, 0% of it reserved by other runs; the wave is expected to cost 5%, and 20% must be left',
        );
        expect(stage.site.of('injectFault')).toEqual([]);
      },
      { site: siteWith(0.22) },
    ));

  test('a budget that nobody can see is none', () =>
    onStage(
      theatre,
      async (stage) => {
        expect((await run(stage, costly({ expectedCost: '5%' }))).reason).toMatch(/payments\.budget-remaining has no data/);
      },
      { site: siteWith(null) },
    ));

  test('two runs cannot count on the same rest; what the first one reserved is refunded when it is over', () =>
    onStage(
      theatre,
      async (stage) => {
        const { site, client, verdict, start } = stage;
        site.on('guardWave', endlessGuard);
        const first = await start(costly({ expectedCost: '5%' }));
        await reach(stage, first, holdsLive);
        expect((await client.ledgers('staging'))['staging']?.holds).toMatchObject([{ wave: { budget: { slo: 'payments', cost: 0.05 } } }]);
        const second = await run(stage, costly({ expectedCost: '5%' }, 'search'));
        expect(second).toMatchObject({ verdict: 'denied', victims: [] });
        expect(second.reason).toContain('has 8% left, 5% of it reserved by other runs; the wave is expected to cost 5%');
        await client.abort(first, { by: 'bob', reason: 'enough' });
        await verdict(first);
        site.on('guardWave', (_, usual) => usual());
        expect(await run(stage, costly({ expectedCost: '5%' }, 'search'))).toMatchObject({ verdict: 'passed' });
        expectNothingLeft(site);
      },
      { site: siteWith(0.08) },
    ));

  test('what a run reserved that was terminated is refunded when it is found to be gone', () =>
    onStage(
      theatre,
      async (stage) => {
        const { site, client, start } = stage;
        const ledger = client.temporal.workflow.getHandle(ledgerId('staging', stage.taskQueue));
        site.on('guardWave', endlessGuard);
        const first = await start(costly({ expectedCost: '5%' }));
        await reach(stage, first, holdsLive);
        await client.temporal.workflow.getHandle(first).terminate('test');
        expect(await ledger.executeUpdate<string, []>('sweep')).toContain(first);
        site.on('guardWave', (_, usual) => usual());
        expect(await run(stage, costly({ expectedCost: '5%' }, 'search'))).toMatchObject({ verdict: 'passed' });
      },
      { site: siteWith(0.08) },
    ));

  test('without a stated cost the most that recorded runs have cost is reserved; without such a run it is denied', () =>
    onStage(
      theatre,
      async (stage) => {
        const { records } = stage;
        expect((await run(stage, costly({}))).reason).toMatch(/nobody knows what it costs .* write budget\.expectedCost/);
        const known = await stage.start(costly({ expectedCost: '1%' }));
        await stage.verdict(known);
        const sample = (atMs: number, value: number) => ({
          ...{ probe: budgetSignal('payments'), atMs, wave: 'single', iteration: 0, phase: 'fault' as const },
          measurement: { kind: 'value' as const, value },
        });
        await records.appendSamples(known, [sample(1, 0.9), sample(2, 0.6), sample(3, 0.62)]);
        const planned = await stage.client.plan({ document: costly({}), requestedBy: 'ann', seed: 7 });
        expect(planned).toMatchObject({
          worth: [{ cost: expect.closeTo(0.3) as number, costFrom: 'the most of 1 recorded runs', missing: [] }],
        });
        expect((await run(stage, costly({}))).reason).toContain(
          'has 20% left, 0% of it reserved by other runs; the wave is expected to cost 30%',
        );
      },
      { site: siteWith(0.2) },
    ));
});
