import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRego } from '../../src/policy/bundle/open.ts';
import type { PolicyDecision } from '../../src/policy/decision.ts';
import type { PolicySource } from '../../src/policy/policy.ts';
import { setOf } from '../policy/set.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { expectNothingLeft } from './harness/expectations.ts';
import { FakeSite } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type StageOptions, type Theatre } from './harness/stage.ts';

const freeze = {
  name: 'freeze',
  when: { environment: 'staging' },
  blackouts: [{ name: 'release', rrule: 'FREQ=DAILY', start: '2026-03-10T12:00', duration: '1h', zone: 'UTC' }],
};
const NOON = Date.UTC(2026, 2, 11, 12);
const threeWaves = experimentDocument({ waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary' }] });

/** A site after whose first injection the control's clock says noon. */
function clockwork(): Pick<Required<StageOptions>, 'site' | 'nowMs'> {
  let nowMs = NOON - 60_000;
  const site = new FakeSite().on('injectFault', async (_order, usual) => {
    const injection = await usual();
    nowMs = NOON;
    return injection;
  });
  return { site, nowMs: () => nowMs };
}

describeWithTemporal('policies and a run', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const policyEvents = async ({ records }: Pick<Stage, 'records'>, id: string) =>
    (await records.events(id))
      .filter(({ kind }) => kind === 'policy')
      .map(({ wave, data }) => ({ wave, data: data as { open: boolean; rule?: string; policy: PolicyDecision } }));

  test('a blackout that begins between two waves denies the second; the first keeps its verdict, and both decisions are on record', () =>
    onStage(
      theatre,
      async (stage) => {
        const id = await stage.start(threeWaves);
        const result = await stage.verdict(id);
        expect(result).toMatchObject({ verdict: 'denied', rule: 'wave-denied' });
        expect(result.reason).toContain('test/freeze: blackout: not before 2026-03-11T13:00:00Z');
        expect(result.reason).toContain('ask #us');
        expect(result.victims.map(({ wave }) => wave)).toEqual(['single']);
        const events = await policyEvents(stage, id);
        expect(events.map(({ wave, data }) => [wave, data.open])).toEqual([
          [undefined, true],
          ['dry-run', true],
          ['single', true],
          ['canary', false],
        ]);
        const digests = events.map(({ data }) => data.policy.policyDigest);
        expect(new Set(digests).size).toBe(1);
        expect(new Set(events.map(({ data }) => data.policy.inputDigest)).size).toBe(4);
        expect(events.at(-1)?.data.policy).toMatchObject({
          allowed: false,
          atMs: NOON,
          applied: expect.arrayContaining(['test/freeze', 'no-regulated-data']) as string[],
          denials: [{ rule: 'test/freeze', constraint: 'blackouts', waves: ['canary'], contact: '#us', value: '2026-03-11T12:00:00Z' }],
        });
        expectNothingLeft(stage.site);
      },
      { ...clockwork(), policies: () => setOf([freeze]) },
    ));

  test('a policy that cannot be read any more denies the next wave', () => {
    let isBroken = false;
    const policies: PolicySource = () => {
      if (isBroken) throw new Error('production.yaml:3:1 tabs cannot indent');
      return setOf([freeze]);
    };
    const site = new FakeSite().on('injectFault', async (_order, usual) => {
      const injection = await usual();
      isBroken = true;
      return injection;
    });
    return onStage(
      theatre,
      async (stage) => {
        const result = await stage.verdict(await stage.start(threeWaves));
        expect(result).toMatchObject({ verdict: 'denied', rule: 'wave-denied' });
        expect(result.reason).toContain(
          'policy-unreadable: the policies cannot be read, and what cannot be read allows nothing: production.yaml:3:1',
        );
      },
      { site, nowMs: () => NOON - 60_000, policies },
    );
  });

  test('a Rego bundle that is damaged between two waves denies the second one, and its digest is on record', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'breakwater-rego-'));
    const file = join(dir, 'bundle.tar.gz');
    copyFileSync(join(__dirname, '../policy/rego/decision.tar.gz'), file);
    const site = new FakeSite().on('injectFault', async (_order, usual) => {
      const injection = await usual();
      writeFileSync(file, 'half a bundle');
      return injection;
    });
    const metadata = { ...(threeWaves['metadata'] as object), owner: 'us' };
    try {
      await onStage(
        theatre,
        async ({ start, verdict, records }) => {
          const id = await start({ ...threeWaves, metadata });
          expect(await verdict(id)).toMatchObject({
            rule: 'wave-denied',
            reason: expect.stringContaining('rego: the bundle gives no answer') as string,
          });
          const bundles = (await policyEvents({ records }, id)).map(({ data }) => data.policy.bundle);
          expect(new Set(bundles).size).toBe(2);
          expect(site.orders('injectFault')).toHaveLength(1);
        },
        { site, nowMs: () => NOON, rego: openRego(file, 10_000) },
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('what a rule denies beforehand never begins, dry run included; plan says the same, and who asks counts', () =>
    onStage(
      theatre,
      async (stage) => {
        const result = await stage.verdict(await stage.start(threeWaves));
        expect(result).toMatchObject({ verdict: 'denied', rule: 'denied', victims: [] });
        expect(stage.site.of('prepareWave')).toEqual([]);
        const plan = (requestedBy: string) => stage.client.plan({ document: threeWaves, requestedBy, seed: 7 });
        expect(await plan('ann')).toMatchObject({ gates: { open: false, rule: 'test/not-ann', policy: { fromFiles: 1 } } });
        expect(await plan('bob')).toMatchObject({ gates: { open: true, policy: { fromFiles: 1, denials: [] } } });
      },
      { policies: () => setOf([{ name: 'not-ann', when: { requestedBy: 'ann' }, deny: 'ann is on holiday' }]) },
    ));
});
