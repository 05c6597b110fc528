import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { checkChangeControl } from '../../src/cli/doctor/change-control.ts';
import { planLines } from '../../src/cli/plan-view.ts';
import type { ChangeDecision } from '../../src/domain/change.ts';
import { fileFor, openChanges } from '../adapters/changes/open.ts';
import { changeRequest, CREDENTIALS, startServiceNow } from '../support/change-systems.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { containing, expectNothingLeft, matching, reach } from './harness/expectations.ts';
import { endlessGuard, FakeSite } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type StageOptions, type Theatre } from './harness/stage.ts';

const NUMBER = 'CHG0030001';
const metadata = { ...(experimentDocument()['metadata'] as object), ticket: NUMBER };
const ticketed = (changes: Record<string, unknown> = {}) => experimentDocument({ metadata, ...changes });
const twoLive = ticketed({ waves: [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary' }] });
const links = {
  report: 'https://breakwater.example/v1/runs/{run}/report?format=html',
  temporal: 'https://temporal.example/namespaces/default/workflows/{run}/{execution}',
};

describeWithTemporal('a run and its ticket', () => {
  let theatre: Theatre;
  let serviceNow: Awaited<ReturnType<typeof startServiceNow>>;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  beforeEach(async () => {
    serviceNow = await startServiceNow([changeRequest()]);
  });
  afterEach(() => serviceNow.close());
  afterAll(() => theatre.close());

  const play = async (scene: (stage: Stage) => Promise<void>, options: StageOptions = {}) => {
    const changes = openChanges(fileFor.servicenow(serviceNow.url), { environments: ['staging'], contact: 'cab@example.com', links });
    await onStage(theatre, scene, { changes, ...options }).finally(() => changes.close());
  };
  const change = () => serviceNow.rows[0]!;
  const eventsOf = async ({ records }: Stage, id: string, ...kinds: string[]) =>
    (await records.events(id)).filter(({ kind }) => kinds.includes(kind)).map(({ kind, wave, data }) => ({ kind, wave, data }));

  test('an approved change in its window: it runs, the decisions are on record, start and verdict are in the ticket, the password is nowhere', () =>
    play(async (stage) => {
      const id = await stage.start(ticketed());
      const { runId } = await theatre.client.workflow.getHandle(id).describe();
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      const [end, start, ...others] = change().work_notes;
      expect(others).toEqual([]);
      expect(start).toMatch(new RegExp(`began run ${id} of experiment payment-worker in staging[^]*Asked for by ann`));
      expect(end).toContain(`ended run ${id} of experiment payment-worker in staging: passed.`);
      expect(end).toContain(`https://breakwater.example/v1/runs/${id}/report?format=html`);
      expect(end).toContain(`https://temporal.example/namespaces/default/workflows/${id}/${runId}`);
      const decisions = (await eventsOf(stage, id, 'policy')).map(({ wave, data }) => [wave, (data as { change: ChangeDecision }).change]);
      expect(decisions.map(([wave]) => wave)).toEqual([undefined, 'dry-run', 'single']);
      for (const [, decision] of decisions)
        expect(decision).toMatchObject({
          allowed: true,
          ticket: NUMBER,
          state: 'Implement',
          contact: 'Change Managers',
          system: containing('servicenow'),
        });
      expect(await eventsOf(stage, id, 'ticket-noted', 'ticket-not-noted')).toMatchObject([
        { kind: 'ticket-noted', data: { ticket: NUMBER, moment: 'start' } },
        { kind: 'ticket-noted', data: { ticket: NUMBER, moment: 'end' } },
      ]);
      const history = historyToJSON(await theatre.client.workflow.getHandle(id).fetchHistory());
      const told = [history, JSON.stringify(await stage.records.events(id)), JSON.stringify(await stage.records.findRun(id))].join();
      expect(told).not.toContain(CREDENTIALS.password);
      expect(told).not.toContain(Buffer.from(CREDENTIALS.password).toString('base64').slice(0, 16));
    }));

  test.each([
    ['not approved', { approval: 'requested' }, "its approval is 'requested'"],
    ['cancelled', { state: '4' }, 'ticket CHG0030001 (Canceled)'],
    ['not begun', { start_date: '2125-01-01 00:00:00' }, 'its window has not begun'],
    ['not there', { number: 'CHG0030002' }, 'does not show exactly one CHG0030001'],
  ])('a change that is %s: denied, nobody is touched, nothing is written', (_name, row, reason) => {
    Object.assign(change(), row);
    return play(async (stage) => {
      const id = await stage.start(ticketed());
      expect(await stage.verdict(id)).toMatchObject({
        verdict: 'denied',
        rule: 'denied',
        reason: containing(`change-control: `),
        victims: [],
      });
      const [decision] = await eventsOf(stage, id, 'policy');
      expect(decision?.data).toMatchObject({ open: false, rule: 'change-control', reason: containing(reason) });
      expect((decision?.data as { reason: string }).reason).toMatch(/ask (Change Managers|cab@example.com)/);
      expect(stage.site.of('injectFault')).toEqual([]);
      expect(stage.site.of('prepareWave')).toEqual([]);
      expect(change().work_notes).toEqual([]);
    });
  });

  test('no ticket where one is asked for, and a server that is gone: denied', () =>
    play(async (stage) => {
      expect(await stage.verdict(await stage.start())).toMatchObject({
        verdict: 'denied',
        reason: containing('needs the ticket of a change'),
      });
      await serviceNow.close();
      const id = await stage.start(ticketed());
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'denied', reason: containing('could not be checked') });
      expect(stage.site.of('injectFault')).toEqual([]);
    }));

  test('a window that is over before the second live wave denies that wave: the first keeps its verdict, and the ticket is told', () => {
    const site = new FakeSite().on('injectFault', async (_order, usual) => {
      const injection = await usual();
      change().end_date = '2026-01-02 00:00:00';
      return injection;
    });
    return play(
      async (stage) => {
        const id = await stage.start(twoLive);
        const result = await stage.verdict(id);
        expect(result).toMatchObject({ verdict: 'denied', rule: 'wave-denied', reason: containing('its window is over') });
        expect(result.victims.map(({ wave }) => wave)).toEqual(['single']);
        expect(await eventsOf(stage, id, 'wave-judged')).toMatchObject([{ data: { wave: 'single', verdict: 'passed' } }]);
        expect((await eventsOf(stage, id, 'policy')).at(-1)).toMatchObject({
          wave: 'canary',
          data: { open: false, rule: 'change-control' },
        });
        expect(change().work_notes[0]).toContain(': denied.');
        expectNothingLeft(stage.site);
      },
      { site },
    );
  });

  test('a later gate that a control worker without change control answers is closed: that wave is not run', () => {
    const changes = openChanges(fileFor.servicenow(serviceNow.url), { environments: ['staging'] });
    const site = new FakeSite().on('injectFault', async (_order, usual) => {
      changes.environments = ['elsewhere']; // what a worker without the setting says of staging: nothing
      return usual();
    });
    return play(
      async (stage) => {
        const id = await stage.start(twoLive);
        const result = await stage.verdict(id);
        changes.close();
        expect(result).toMatchObject({ verdict: 'denied', rule: 'wave-denied', reason: containing('asks about no ticket') });
        expect(result.victims.map(({ wave }) => wave)).toEqual(['single']);
        expect((await eventsOf(stage, id, 'policy')).at(-1)).toMatchObject({
          wave: 'canary',
          data: { open: false, rule: 'change-control' },
        });
        expectNothingLeft(stage.site);
      },
      { site, changes },
    );
  });

  test('a ticket that cannot be written into changes no verdict: the record says so', () => {
    serviceNow.hits = ({ method }) => method === 'PATCH';
    serviceNow.troubles.push(403, 403);
    return play(async (stage) => {
      const id = await stage.start(ticketed());
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed', recordsIncomplete: false });
      expect(await eventsOf(stage, id, 'ticket-noted', 'ticket-not-noted')).toMatchObject([
        { kind: 'ticket-not-noted', data: { moment: 'start', why: containing('answered 403') } },
        { kind: 'ticket-not-noted', data: { moment: 'end', why: containing('answered 403') } },
      ]);
      expect(change().work_notes).toEqual([]);
    });
  });

  test('trouble that passes is tried again, and an answer that got lost is written once', () => {
    serviceNow.hits = ({ method }) => method === 'PATCH';
    serviceNow.troubles.push(429, 503, 'cut');
    return play(async (stage) => {
      expect(await stage.verdict(await stage.start(ticketed()))).toMatchObject({ verdict: 'passed' });
      expect(change().work_notes).toHaveLength(2);
    });
  });

  test('an abort while the start is being written ends the run at once, untouched; the ticket is told of it', () => {
    serviceNow.hits = ({ method }) => method === 'PATCH';
    serviceNow.troubles.push('hang');
    return play(async (stage) => {
      const id = await stage.start(ticketed());
      for (let i = 0; i < 200 && !serviceNow.seen.some(({ method }) => method === 'PATCH'); i++)
        await new Promise((done) => setTimeout(done, 25));
      await stage.client.abort(id, { by: 'bob', reason: 'no' });
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted', victims: [] });
      expect(stage.site.of('injectFault')).toEqual([]);
      expect(change().work_notes[0]).toContain(': aborted.');
    });
  });

  test('a plan says what the ticket says, and only reads', () => {
    change().state = '-5';
    return play(async (stage) => {
      const result = await stage.client.plan({ document: ticketed(), requestedBy: 'ann' });
      expect(result).toMatchObject({
        valid: true,
        gates: { open: false, rule: 'change-control', change: { allowed: false, state: 'New' } },
      });
      if (!result.valid) throw new Error(result.reason);
      const shown = planLines(result, (_colour, text) => text);
      expect(shown).toContainEqual(
        matching(/^Ticket {6}not allowed: ticket CHG0030001 \(New\): .*ask Change Managers \(servicenow at 127/),
      );
      expect(serviceNow.seen.every(({ method }) => method === 'GET')).toBe(true);
      expect(await checkChangeControl(stage.client)).toMatchObject({ status: 'ok', detail: containing('can be read') });
      serviceNow.troubles.push(401);
      expect(await checkChangeControl(stage.client)).toMatchObject({ status: 'fail', detail: containing('credentials') });
    });
  });

  test('without the setting no ticket is asked about', () =>
    onStage(theatre, async (stage) => {
      const id = await stage.start(ticketed());
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      expect(await eventsOf(stage, id, 'ticket-noted', 'ticket-not-noted')).toEqual([]);
      expect(await checkChangeControl(stage.client)).toMatchObject({ status: 'ok', detail: containing('no BREAKWATER_CHANGE_CONTROL') });
    }));

  test('an abort in mid-fault: undone first, then the ticket is told', () => {
    const site = new FakeSite().on('guardWave', endlessGuard);
    return play(
      async (stage) => {
        const id = await stage.start(ticketed());
        await reach(stage, id, (run) => run.phase === 'holding' && run.wave === 'single');
        await stage.client.abort(id, { by: 'bob', reason: 'pager' });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'aborted' });
        expectNothingLeft(stage.site);
        const told = serviceNow.seen.filter(({ method }) => method === 'PATCH');
        expect(told).toHaveLength(2);
        expect(change().work_notes[0]).toContain('aborted');
      },
      { site },
    );
  });
});
