import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { BreakwaterHttpClient, type Watched } from '../../src/client.ts';
import { doorOf } from '../../src/http/door.ts';
import { createApi, type ApiOptions } from '../../src/http/server.ts';
import { createSignApproval } from '../../src/http/sign-approval.ts';
import { makeApprovalKeys } from '../support/approval-keys.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { onStage, openTheatre, type Stage, type Theatre } from '../workflows/harness/stage.ts';
import { access, keyOf } from './fakes.ts';

/** The real API on a port of its own, and a client for each who is known. */
async function withClients(
  stage: Stage,
  use: (as: (who: string) => BreakwaterHttpClient, url: string) => Promise<void>,
  options: Partial<ApiOptions> = {},
): Promise<void> {
  const app = createApi({ door: doorOf(stage.client), records: stage.records, access, log: pino({ level: 'silent' }), ...options });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  await use((who) => new BreakwaterHttpClient({ url, token: keyOf(who) }), url).finally(() => app.close());
}

describeWithTemporal('over HTTP', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test(
    'a run is planned, started once, watched, approved by somebody else, and judged; another team sees nothing of it',
    () =>
      onStage(theatre, (stage) =>
        withClients(stage, async (as) => {
          const document = experimentDocument({ approvals: { required: 1, within: '1m' } });
          const plan = await as('operator').plan({ document, seed: 7 });
          const digest = plan.valid ? plan.plan.digest : '';
          const order = { document, seed: 7, expectedDigest: digest, idempotencyKey: `build-${stage.taskQueue}` };
          const [first, second] = await Promise.all([as('operator').start(order), as('operator').start(order)]);
          expect(second.workflowId).toBe(first.workflowId);
          expect([first.alreadyStarted, second.alreadyStarted].sort()).toEqual([false, true]);
          await expect(as('operator').start({ ...order, seed: 8 })).rejects.toMatchObject({ status: 409 });

          const id = first.workflowId;
          const seen: Watched[] = [];
          const watching = (async () => {
            for await (const one of as('viewer').watch(id)) seen.push(one);
          })();
          for (;;) if ((await as('viewer').run(id)).state?.awaiting !== undefined) break;
          for (const ask of [as('other').run(id), as('other').abort(id), as('other').approve(id, { digest })])
            await expect(ask).rejects.toMatchObject({ status: 404 });
          await expect(as('operator').approve(id, { digest })).rejects.toMatchObject({ status: 403 });
          await expect(as('approver').approve(id, { digest: 'f'.repeat(64) })).rejects.toMatchObject({ status: 422 });
          expect(await as('approver').approve(id, { digest, reason: 'seen' })).toMatchObject({ approvals: [{ by: 'key:approver' }] });
          expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
          await watching;

          expect(seen.at(-1)).toMatchObject({ kind: 'end', verdict: 'passed' });
          const keys = seen.flatMap((one) => (one.kind === 'event' ? [one.event.key] : []));
          expect(keys).toEqual((await stage.records.events(id)).map(({ key }) => key));
          expect((await stage.records.findRun(id))?.requestedBy).toBe('key:operator');
          expect((await as('viewer').runs()).runs.map(({ workflowId }) => workflowId)).toEqual([id]);
          expect((await as('other').runs()).runs).toEqual([]);
          expect(await as('viewer').report(id, 'junit')).toMatch(/<testsuite/);
          expect((await as('operator').start(order)).alreadyStarted).toBe(true);
        }),
      ),
    90_000,
  );

  test('what the API signs is what the workers count: an approver, the requester, glass, and an update past the API', async () => {
    const keys = await makeApprovalKeys();
    const pages: unknown[] = [];
    const pager = { page: (page: unknown) => (pages.push(page), Promise.resolve({ paged: true, evidence: 'taken' })) };
    const start = (as: (who: string) => BreakwaterHttpClient, who: string, n: number) =>
      as(who).start({ document: experimentDocument({ approvals: { required: 1 } }), idempotencyKey: `start-${who}-${n}-${Date.now()}` });
    const waiting = async (as: (who: string) => BreakwaterHttpClient, id: string) => {
      for (;;) {
        const { state } = await as('viewer').run(id);
        if (state?.awaiting !== undefined) return { digest: state.digest ?? '', awaiting: state.awaiting };
      }
    };
    await onStage(
      theatre,
      (stage) =>
        withClients(
          stage,
          async (as) => {
            const { workflowId: own } = await start(as, 'admin', 1);
            const seen = await waiting(as, own);
            await expect(as('admin').approve(own, seen)).rejects.toMatchObject({
              status: 422,
              message: expect.stringContaining('has requested') as unknown,
            });
            await expect(stage.client.approve(own, { by: 'key:approver', digest: seen.digest })).rejects.toMatchObject({
              cause: { type: 'NotCounted' },
            });
            expect(await as('approver').approve(own, seen)).toMatchObject({ approvals: [{ by: 'key:approver' }] });
            expect(await stage.verdict(own)).toMatchObject({ verdict: 'passed' });

            const { workflowId: urgent } = await start(as, 'operator', 2);
            const breakGlass = { reason: 'failover tonight', ticket: 'INC-7' };
            expect(await as('oncall').approve(urgent, { ...(await waiting(as, urgent)), breakGlass })).toMatchObject({ breakGlass });
            expect(await stage.verdict(urgent)).toMatchObject({ verdict: 'passed' });
            expect(pages).toHaveLength(1);
          },
          { signApproval: createSignApproval(keys.key) },
        ),
      { approvals: keys.approvals, pager },
    ).finally(keys.remove);
  }, 60_000);

  test('a run that nobody started through us, and a workflow that is no run, are nobody’s but the administrator’s', () =>
    onStage(theatre, (stage) =>
      withClients(stage, async (as) => {
        const { workflowId } = await stage.startRaw({ document: {}, requestedBy: 'x' });
        await expect(as('viewer').run(workflowId)).rejects.toMatchObject({ status: 404 });
        expect(await as('admin').run(workflowId)).toHaveProperty('state');
        await as('admin').halt({ environment: 'staging', reason: 'why' });
        await expect(as('admin').abort(`ledger.staging.${stage.taskQueue}`)).rejects.toMatchObject({ status: 404 });
      }),
    ));
});
