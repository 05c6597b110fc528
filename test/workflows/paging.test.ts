import { ApplicationFailure } from '@temporalio/activity';
import { createPagerDuty } from '../../src/adapters/pager/pagerduty.ts';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { startPagerDuty, type PagerDutyServer } from '../support/pagerduty.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { containing, matching } from './harness/expectations.ts';
import { FakeSite } from './harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type StageOptions, type Theatre } from './harness/stage.ts';

const KEY = 'R0UT1NG-K3Y-0F-TESTS';
const stubborn = (): FakeSite =>
  new FakeSite().on('revertFault', () => Promise.reject(ApplicationFailure.nonRetryable('still in state T', 'NotUndone')));

describeWithTemporal('a run that leaves something behind pages a person', () => {
  let theatre: Theatre;
  let pagerDuty: PagerDutyServer;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  beforeEach(async () => {
    pagerDuty = await startPagerDuty();
  });
  afterEach(() => pagerDuty.close());
  afterAll(() => theatre.close());

  const play = (scene: (stage: Stage) => Promise<void>, options: StageOptions = {}) => {
    const pager = createPagerDuty('pagerduty', { get: () => Promise.resolve(KEY) }, pagerDuty.url, 1_000);
    return onStage(theatre, scene, { site: stubborn(), pager, ...options });
  };

  test('although the pager is overrun, broken and slow at first; the key is in no history and no record', () =>
    play(async (stage) => {
      pagerDuty.answers.push({ status: 429, retryAfter: '0' }, 500, 'hang');
      const id = await stage.start();
      const result = await stage.verdict(id);
      expect(result).toMatchObject({ verdict: 'error', rule: 'leftovers', paging: { paged: true, evidence: containing(id) } });
      expect(pagerDuty.requests).toHaveLength(4);
      expect(pagerDuty.events).toMatchObject([
        {
          routing_key: KEY,
          dedup_key: id,
          payload: {
            severity: 'critical',
            summary: matching(/a fault behind: process-pause on worker-/),
            custom_details: { leftovers: [{ what: containing('process-pause on worker-'), why: containing('still in state T') }] },
          },
        },
      ]);
      const events = await stage.records.events(id);
      expect(events.filter(({ kind }) => kind === 'paging')).toMatchObject([{ data: { paged: true } }]);
      const history = historyToJSON(await stage.client.temporal.workflow.getHandle(id).fetchHistory());
      const told = [history, JSON.stringify(events), JSON.stringify(await stage.records.findRun(id))].join();
      expect(told).not.toContain(KEY);
      expect(told).not.toContain(Buffer.from(KEY).toString('base64').slice(0, 20));
    }));

  test('a pager that refuses hides neither the verdict nor the leftover', () =>
    play(async (stage) => {
      pagerDuty.answers.push(400);
      const id = await stage.start();
      expect(await stage.verdict(id)).toMatchObject({
        verdict: 'error',
        leftovers: [containing('process-pause on worker-')],
        paging: { paged: false, evidence: containing('answered 400') },
      });
      expect((await stage.records.findRun(id))?.result).toMatchObject({ paging: { paged: false } });
    }));

  test('without a pager the result says that nobody was called', () =>
    onStage(
      theatre,
      async (stage) => {
        expect(await stage.verdict(await stage.start())).toMatchObject({
          verdict: 'error',
          paging: { paged: false, evidence: containing('BREAKWATER_PAGER_URL') },
        });
      },
      { site: stubborn() },
    ));

  test('a run that leaves nothing behind calls nobody', () =>
    play(
      async (stage) => {
        expect(await stage.verdict(await stage.start())).not.toHaveProperty('paging');
        expect(pagerDuty.requests).toEqual([]);
      },
      { site: new FakeSite() },
    ));
});
