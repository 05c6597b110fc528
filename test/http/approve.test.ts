import type { Act, RunState } from '../../src/client.ts';
import { createSignApproval } from '../../src/http/sign-approval.ts';
import { makeApprovalKeys, type ApprovalKeys } from '../support/approval-keys.ts';
import { bearer, DIGEST, withFakes, type FakeApi } from './fakes.ts';

const RUN = 'run.1';
const asking = { number: 1, what: 'start', runId: 'r-1', digest: DIGEST, policy: 'p'.repeat(64), population: 5, proof: 'signed' as const };
const glass = { reason: 'failover tonight', ticket: 'INC-7' };

let keys: ApprovalKeys;
beforeAll(async () => {
  keys = await makeApprovalKeys();
});
afterAll(() => {
  keys.remove();
});

/** An API that signs, and a run that waits. */
const withSigner = (use: (api: FakeApi) => Promise<void>, changes: Partial<RunState> = {}, isSigning = true) =>
  withFakes(
    async (api) => {
      api.door.runs.set(RUN, { owner: 'payments', environment: 'staging' });
      api.door.states.set(RUN, {
        ...(await api.door.status(RUN)),
        phase: 'awaiting-approval',
        awaiting: 'start',
        digest: DIGEST,
        asking,
        ...changes,
      });
      await use(api);
    },
    isSigning ? { signApproval: createSignApproval(keys.key) } : {},
  );

async function post({ app }: FakeApi, who: string, payload: object): Promise<{ status: number; detail: string }> {
  const answer = await app.inject({ method: 'POST', url: `/v1/runs/${RUN}/approve`, headers: bearer(who), payload });
  return { status: answer.statusCode, detail: answer.json<{ detail?: string }>().detail ?? '' };
}
const sent = ({ door }: FakeApi): Act | undefined => door.calls.at(-1)?.[2] as Act | undefined;
const proven = async (act: Act | undefined) => keys.approvals.verify(act?.signed ?? '', Date.now());

test('an approval is signed: who is authenticated, by which role here, for exactly what the run asks, for a quarter of an hour', () =>
  withSigner(async (api) => {
    expect((await post(api, 'approver', { digest: DIGEST, reason: 'seen', awaiting: 'start' })).status).toBe(200);
    expect(sent(api)).toMatchObject({ by: 'key:approver', digest: DIGEST, reason: 'seen' });
    const { proof: _, ...exact } = asking;
    const answer = await proven(sent(api));
    expect(answer).toMatchObject({
      keyId: keys.key.keyId,
      statement: {
        kind: 'approval',
        sub: 'key:approver',
        principal: 'service',
        roles: ['approver'],
        workflowId: RUN,
        asking: exact,
        reason: 'seen',
      },
    });
    const { iat, exp } = (answer as { statement: { iat: number; exp: number } }).statement;
    expect(exp - iat).toBe(900);
  }));

test('what is signed is the digest that the person has seen, whatever the run says; two are never the same', () =>
  withSigner(async (api) => {
    await post(api, 'approver', { digest: 'e'.repeat(64) });
    expect(await proven(sent(api))).toMatchObject({ statement: { asking: { digest: 'e'.repeat(64) } } });
    const first = sent(api)?.signed;
    await post(api, 'approver', { digest: 'e'.repeat(64) });
    expect(sent(api)?.signed).not.toBe(first);
  }));

test('what waits by now is something else than what was seen: nothing is signed, and it is on the audit log', () =>
  withSigner(
    async (api) => {
      expect(await post(api, 'approver', { digest: DIGEST, awaiting: 'start' })).toEqual({
        status: 422,
        detail: 'what waits for approval is wave canary, and not start',
      });
      expect(api.door.calls).toEqual([]);
      const entries: unknown[] = [];
      for await (const page of api.records.auditPages()) entries.push(...page);
      expect(entries).toMatchObject([{ action: 'act-refused', actor: 'key:approver', subject: RUN, details: { act: 'approve' } }]);
    },
    { awaiting: 'wave canary' },
  ));

test('a run of an earlier version, and one that waits for nobody, get the claim', () =>
  withFakes(
    async (api) => {
      api.door.runs.set(RUN, { owner: 'payments', environment: 'staging' });
      expect((await post(api, 'approver', { digest: DIGEST })).status).toBe(200);
      expect(sent(api)).toEqual({ by: 'key:approver', digest: DIGEST });
    },
    { signApproval: createSignApproval(keys.key) },
  ));

describe('glass', () => {
  test('is broken by its own role, and signed as that for five minutes', () =>
    withSigner(async (api) => {
      expect((await post(api, 'oncall', { digest: DIGEST, breakGlass: glass })).status).toBe(200);
      expect(sent(api)).toMatchObject({ by: 'key:oncall', breakGlass: true });
      const answer = await proven(sent(api));
      expect(answer).toMatchObject({ statement: { kind: 'break-glass', roles: ['break-glass'], breakGlass: glass } });
      const { iat, exp } = (answer as { statement: { iat: number; exp: number } }).statement;
      expect(exp - iat).toBe(300);
    }));

  test('by nobody else, an administrator neither, and whoever may break it may not approve', () =>
    withSigner(async (api) => {
      for (const who of ['viewer', 'operator', 'approver', 'admin'])
        expect(await post(api, who, { digest: DIGEST, breakGlass: glass })).toMatchObject({
          status: 403,
          detail: expect.stringContaining('break glass') as unknown,
        });
      expect((await post(api, 'oncall', { digest: DIGEST })).status).toBe(403);
      expect((await post(api, 'other', { digest: DIGEST, breakGlass: glass })).status).toBe(404);
      expect(api.door.calls).toEqual([]);
    }));

  test.each([
    {},
    { reason: 'r' },
    { ticket: 't' },
    { reason: ' ', ticket: 't' },
    { reason: 'r', ticket: '' },
    true,
    { ...glass, by: 'ceo' },
  ])('not without a reason and a ticket: %j', (breakGlass) =>
    withSigner(async (api) => {
      expect((await post(api, 'oncall', { digest: DIGEST, breakGlass })).status).toBe(400);
      expect(api.door.calls).toEqual([]);
    }),
  );

  test('nor of a run of an earlier version, which would count it as an ordinary approval, nor of one that waits for nobody', async () => {
    for (const [state, detail] of [
      [{ awaiting: 'start' }, 'this run has no glass to break'],
      [{}, 'nothing waits for approval'],
    ] as const)
      await withSigner(async (api) => {
        const { asking: _asking, awaiting: _awaiting, ...bare } = api.door.states.get(RUN)!;
        api.door.states.set(RUN, { ...bare, ...state });
        expect(await post(api, 'oncall', { digest: DIGEST, breakGlass: glass })).toMatchObject({
          status: 422,
          detail: expect.stringContaining(detail) as unknown,
        });
        expect(api.door.calls).toEqual([]);
      });
  });

  test('nor by an API that has no key', () =>
    withSigner(
      async (api) => {
        expect(await post(api, 'oncall', { digest: DIGEST, breakGlass: glass })).toMatchObject({
          status: 503,
          detail: expect.stringContaining('BREAKWATER_APPROVAL_KEY') as unknown,
        });
        expect(api.door.calls).toEqual([]);
      },
      {},
      false,
    ));
});
