import type { AddressInfo } from 'node:net';
import { createSignApproval } from '../../src/http/sign-approval.ts';
import { DIGEST, keyOf, withFakes, type FakeApi } from '../http/fakes.ts';
import { makeApprovalKeys, type ApprovalKeys } from '../support/approval-keys.ts';
import { containing } from '../workflows/harness/expectations.ts';
import { buildWhenStale, call, type Ended } from './command.ts';

const RUN = 'run.1';
const asking = { number: 1, what: 'start', runId: 'r-1', digest: DIGEST, policy: 'p', population: 5, proof: 'signed' as const };
const WHY = ['--reason', 'failover tonight'];

describe('approve through the API', () => {
  let keys: ApprovalKeys;
  beforeAll(async () => {
    buildWhenStale();
    keys = await makeApprovalKeys();
  }, 180_000);
  afterAll(() => {
    keys.remove();
  });

  /** An API on a port of its own, with a run that waits. */
  const withApi = (use: (api: FakeApi, as: (who: string, ...args: string[]) => Promise<Ended>, url: string) => Promise<void>) =>
    withFakes(
      async (api) => {
        api.door.runs.set(RUN, { owner: 'payments', environment: 'staging' });
        const state = { ...(await api.door.status(RUN)), phase: 'awaiting-approval' as const, awaiting: 'start', digest: DIGEST, asking };
        api.door.states.set(RUN, state);
        await api.app.listen({ host: '127.0.0.1', port: 0 });
        const url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`;
        await use(
          api,
          (who, ...args) => call(['approve', RUN, ...args], { env: { BREAKWATER_API_URL: url, BREAKWATER_API_IDENTITY: keyOf(who) } }),
          url,
        );
      },
      { signApproval: createSignApproval(keys.key) },
    );

  test(
    'shows what waits and that only signatures count, and hands in what was seen; no Temporal is needed',
    () =>
      withApi(async (api, as) => {
        const ended = await as('approver', '--digest', DIGEST, '--reason', 'seen');
        expect(ended).toMatchObject({ code: 0, stderr: containing('only those that the API has signed count') });
        const [act, id, sent] = api.door.calls.at(-1)!;
        expect([act, id]).toEqual(['approve', RUN]);
        expect(sent).toMatchObject({ by: 'key:approver', digest: DIGEST, reason: 'seen', signed: expect.any(String) as unknown });
      }),
    60_000,
  );

  test(
    'what goes wrong is one sentence: not that role, another digest, nobody to ask, a name of one’s own',
    () =>
      withApi(async (api, as, url) => {
        const lines: [Promise<Ended>, number, string][] = [
          [as('operator', '--yes'), 2, 'key:operator may not approve'],
          [as('nobody', '--yes'), 2, 'Refused: '],
          [as('approver', '--digest', 'f'.repeat(64)), 2, 'Not approved: the run'],
          [as('approver'), 2, 'nobody is here to be asked'],
          [as('approver', '--yes', '--by', 'ceo'), 2, '--by is a claim'],
          [call(['approve', RUN, '--yes', '--api', 'http://127.0.0.1:9']), 7, 'The API cannot be reached at http://127.0.0.1:9'],
          [call(['approve', RUN, '--yes', '--api', url]), 2, 'Refused: '],
        ];
        for (const [ended, code, said] of lines) {
          expect(await ended).toMatchObject({ code, stdout: '', stderr: containing(said) });
          expect((await ended).stderr).not.toMatch(/^\s+at |bw_/m);
        }
        expect(api.door.calls).toEqual([]);
      }),
    60_000,
  );

  test(
    'glass: with a reason and a ticket only, through the API only',
    () =>
      withApi(async (api, as) => {
        for (const args of [[], WHY, ['--ticket', 'INC-7']]) expect((await as('oncall', '--yes', '--break-glass', ...args)).code).toBe(2);
        expect((await as('approver', '--yes', '--ticket', 'INC-7')).code).toBe(2);
        expect(await as('admin', '--yes', '--break-glass', ...WHY, '--ticket', 'INC-7')).toMatchObject({
          code: 2,
          stderr: containing('may not break glass'),
        });
        expect(api.door.calls).toEqual([]);
        expect((await as('oncall', '--yes', '--break-glass', ...WHY, '--ticket', 'INC-7')).code).toBe(0);
        expect(api.door.calls.at(-1)?.[2]).toMatchObject({ by: 'key:oncall', breakGlass: true });
      }),
    60_000,
  );
});
