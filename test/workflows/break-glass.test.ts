import { randomUUID } from 'node:crypto';
import type { Pager } from '../../src/activities/ports.ts';
import type { RunState } from '../../src/client.ts';
import type { Page } from '../../src/domain/page.ts';
import { setOf } from '../policy/set.ts';
import { makeApprovalKeys, signedAct, type ApprovalKeys } from '../support/approval-keys.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { auditedAs, containing, expectNothingLeft, holdsLive, matching, reach } from './harness/expectations.ts';
import { endlessGuard } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type StageOptions, type Theatre } from './harness/stage.ts';

const metadata = { name: 'payment-worker', owner: 'payments', service: 'payments', environment: 'staging' };
const needed = (changes: Record<string, unknown> = {}) => experimentDocument({ approvals: { required: 3 }, ...changes });
const refused = (why: string) => ({ cause: { type: 'NotCounted', message: matching(why) } });

/** A pager that takes what it is given, or says that nobody can be called. */
function aPager(isThere = true): Pager & { pages: Page[] } {
  const pages: Page[] = [];
  return {
    pages,
    page: (page) => {
      if (isThere) pages.push(page);
      return Promise.resolve({ paged: isThere, evidence: isThere ? 'the pager took it' : 'nobody is on call' });
    },
  };
}

describeWithTemporal('glass', () => {
  let theatre: Theatre;
  let keys: ApprovalKeys;
  beforeAll(async () => {
    theatre = await openTheatre();
    keys = await makeApprovalKeys();
  });
  afterAll(async () => {
    keys.remove();
    await theatre.close();
  });

  const play = (scene: (stage: Stage) => Promise<void>, options: StageOptions = {}) =>
    onStage(theatre, scene, { approvals: keys.approvals, pager: aPager(), ...options });
  const asked = (stage: Stage, id: string, what = 'start'): Promise<RunState> => reach(stage, id, ({ awaiting }) => awaiting === what);
  const update = ({ client }: Stage, id: string, act: unknown): Promise<RunState> =>
    client.temporal.workflow.getHandle(id).executeUpdate<RunState, [unknown]>('approve', { args: [act], updateId: randomUUID() });
  const glass = (state: RunState, changes: object = {}, nowMs?: number) =>
    signedAct(
      keys.key,
      state,
      'corp:ann',
      { kind: 'break-glass', roles: ['break-glass'], breakGlass: { reason: 'failover tonight', ticket: 'INC-7' }, ...changes },
      nowMs,
    );
  /** Breaks the glass of a run that waits for its start. */
  const breakIt = async (stage: Stage, id: string, what = 'start') => update(stage, id, await glass(await asked(stage, id, what)));

  test('stands for all that is missing, once: somebody is paged first, and reason, ticket and page are on record', () => {
    const pager = aPager();
    return play(
      async (stage) => {
        const waves = [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary', gate: 'approval' }];
        const id = await stage.start(needed({ waves }));
        const first = await asked(stage, id);
        await update(stage, id, await signedAct(keys.key, first, 'corp:bob'));
        const broken = await glass(first);
        expect(await update(stage, id, broken)).toMatchObject({ breakGlass: { by: 'corp:ann', ticket: 'INC-7', asking: 1 } });
        expect(pager.pages).toMatchObject([
          {
            dedupKey: `${id}/break-glass/${first.asking!.runId}/1/1`,
            source: id,
            details: { by: 'corp:ann', reason: 'failover tonight', ticket: 'INC-7', what: 'start' },
          },
        ]);
        const second = await asked(stage, id, 'wave canary');
        await expect(update(stage, id, broken)).rejects.toMatchObject(refused('another asking'));
        expect(await stage.client.status(id)).toMatchObject({ phase: 'awaiting-approval' });
        await update(stage, id, await glass(second));
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
        expect(pager.pages.map(({ dedupKey }) => dedupKey.slice(-4))).toEqual(['/1/1', '/2/2']);
        expect(await auditedAs(stage, 'break-glass')).toMatchObject([
          {
            actor: 'corp:ann',
            subject: id,
            details: { data: { reason: 'failover tonight', ticket: 'INC-7', paged: 'the pager took it' } },
          },
          { details: { data: { what: 'wave canary' } } },
        ]);
      },
      { pager },
    );
  });

  test('is not broken when nobody is paged, by nobody without its role, without reason or ticket, nor after minutes', () => {
    const pager = aPager(false);
    return play(
      async (stage) => {
        const id = await stage.start(needed());
        const state = await asked(stage, id);
        await expect(update(stage, id, await glass(state))).rejects.toMatchObject(refused('nobody was: nobody is on call'));
        await expect(update(stage, id, await glass(state, { roles: ['admin', 'approver'] }))).rejects.toMatchObject(
          refused('has not the role'),
        );
        await expect(update(stage, id, await glass(state, {}, Date.now() - 6 * 60_000))).rejects.toMatchObject(refused('expired'));
        for (const breakGlass of [undefined, {}, { reason: 'r' }, { reason: '', ticket: 't' }, { reason: 'r', ticket: '' }])
          await expect(glass(state, { breakGlass })).rejects.toThrow(); // it is not even signed
        expect(await stage.client.status(id)).toMatchObject({ phase: 'awaiting-approval' });
        expect(stage.site.of('prepareWave')).toEqual([]);
        await stage.client.reject(id, { by: 'bob' });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'denied' });
      },
      { pager },
    );
  });

  test('each try is an alert of its own, and whoever has approved may break it, too', () => {
    const pager = aPager(false);
    const tried: string[] = [];
    const noting = { page: (page: Page, signal: AbortSignal) => (tried.push(page.dedupKey), pager.page(page, signal)) };
    return play(
      async (stage) => {
        const id = await stage.start(needed());
        const state = await asked(stage, id);
        await update(stage, id, await signedAct(keys.key, state, 'corp:bob'));
        const glassOfBob = () =>
          signedAct(keys.key, state, 'corp:bob', {
            ...{ kind: 'break-glass', roles: ['break-glass'], breakGlass: { reason: 'failover tonight', ticket: 'INC-7' } },
          });
        for (let n = 0; n < 2; n++)
          await expect(update(stage, id, await glassOfBob())).rejects.toMatchObject(refused('nobody was: nobody is on call'));
        expect(new Set(tried).size).toBe(2);
        await stage.client.abort(id, { by: 'bob', reason: 'over' });
        await stage.verdict(id);
        expect(await stage.client.status(id)).not.toHaveProperty('awaiting');
        expect(await stage.client.status(id)).not.toHaveProperty('asking');
        await expect(update(stage, id, await glassOfBob())).rejects.toThrow();
        expect(new Set(tried).size).toBe(2);
      },
      { pager: noting },
    );
  });

  describe('lifts nothing else', () => {
    test('guardrails and policies deny before anybody is asked, and a policy that comes later denies afterwards', () => {
      let rules: unknown[] = [{ name: 'few', when: {}, maxVictims: 9 }];
      return play(
        async (stage) => {
          for (const changes of [
            { metadata: { ...metadata, dataClass: 'pci' } },
            { metadata: { ...metadata, environment: 'production' } },
          ]) {
            const id = await stage.start(needed(changes));
            expect(await stage.verdict(id)).toMatchObject({ verdict: 'denied', rule: 'denied', victims: [] });
          }
          const id = await stage.start(needed());
          const state = await asked(stage, id);
          rules = [{ name: 'nobody', when: {}, deny: 'not now' }];
          await update(stage, id, await glass(state));
          expect(await stage.verdict(id)).toMatchObject({ verdict: 'denied', victims: [] });
          expect(stage.site.of('injectFault')).toEqual([]);
        },
        { policies: () => Promise.resolve(setOf(rules)) },
      );
    });

    test(
      'a halt, the window, the caps on victims, and a site that has nobody left',
      () =>
        play(async (stage) => {
          const halted = await stage.start(needed());
          const waits = await asked(stage, halted);
          await stage.client.halt({ environment: 'staging', by: 'bob', reason: 'customers call' }, 0);
          await expect(update(stage, halted, await glass(waits))).rejects.toThrow();
          expect((await stage.verdict(halted)).victims).toEqual([]);
          await stage.client.liftHalt('staging', { by: 'bob', reason: 'over' });

          const never = new Date(Date.now() + 12 * 3_600_000).toISOString().slice(11, 14);
          const windows = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: `${never}00`, to: `${never}01`, zone: 'UTC' }];
          expect(await stage.verdict(await stage.start(needed({ windows })))).toMatchObject({
            verdict: 'denied',
            reason: containing('window'),
          });

          const caps = { maxVictims: 2, maxConcurrent: 1, survivorsAtLeast: 4, coolDown: '0s' };
          const capped = await stage.start(needed({ selection: 'all', blastRadius: caps }));
          await breakIt(stage, capped);
          expect((await stage.verdict(capped)).victims.length).toBeLessThanOrEqual(1); // of five, four must survive

          const empty = await stage.start(needed({ metadata: { ...metadata, service: 'other' } }));
          const state = await asked(stage, empty);
          stage.site.population = stage.site.population.slice(0, 2);
          await update(stage, empty, await glass(state));
          expect(await stage.verdict(empty)).toMatchObject({ verdict: 'denied', reason: containing('the approval is void') });
          expectNothingLeft(stage.site);
        }),
      60_000,
    );

    test('the ledger: whoever holds the service is not overtaken', () =>
      play(async (stage) => {
        stage.site.on('guardWave', endlessGuard);
        const first = await stage.start();
        await reach(stage, first, holdsLive);
        const second = await stage.start(needed());
        await breakIt(stage, second);
        expect(await reach(stage, second, 'queued')).toMatchObject({ victims: [], queued: { behind: [first] } });
        for (const id of [second, first]) await stage.client.abort(id, { by: 'bob', reason: 'over' });
        expect(await stage.verdict(second)).toMatchObject({ verdict: 'aborted', victims: [] });
        await stage.verdict(first);
        expectNothingLeft(stage.site);
      }));
  });
});
