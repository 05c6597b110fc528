import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunState } from '../../src/client.ts';
import { setOf } from '../policy/set.ts';
import { makeApprovalKeys, signedAct, type ApprovalKeys } from '../support/approval-keys.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { experimentDocument } from './harness/document.ts';
import { auditedAs, containing, matching, reach } from './harness/expectations.ts';
import { onStage, openTheatre, type Stage, type StageOptions, type Theatre } from './harness/stage.ts';

const needed = (required = 1, changes: Record<string, unknown> = {}) => experimentDocument({ approvals: { required }, ...changes });
const gated = [{ name: 'dry-run', dryRun: true }, { name: 'single' }, { name: 'canary', gate: 'approval' }];
const notCounted = (why: string | RegExp) => ({ cause: { type: 'NotCounted', message: matching(why) } });

describeWithTemporal('signed approvals', () => {
  let theatre: Theatre;
  let keys: ApprovalKeys;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());
  beforeEach(async () => {
    keys = await makeApprovalKeys();
  });
  afterEach(() => {
    keys.remove();
  });

  const play = (scene: (stage: Stage) => Promise<void>, options: StageOptions = {}) =>
    onStage(theatre, scene, { approvals: keys.approvals, ...options });
  const asked = (stage: Stage, id: string, what = 'start'): Promise<RunState> => reach(stage, id, ({ awaiting }) => awaiting === what);
  /** As Temporal Web and its command line send it. */
  const update = ({ client }: Stage, id: string, act: unknown): Promise<RunState> =>
    client.temporal.workflow.getHandle(id).executeUpdate<RunState, [unknown]>('approve', { args: [act], updateId: randomUUID() });
  const sign = async (state: RunState, by: string, changes: Parameters<typeof signedAct>[3] = {}) =>
    signedAct(keys.key, state, by, changes);
  /** What was refused, as the records have it. */
  const refusals = async ({ records }: Stage, id: string) => (await records.events(id)).filter(({ kind }) => kind === 'approval-refused');
  const end = async (stage: Stage, id: string): Promise<void> => {
    await stage.client.abort(id, { by: 'ann', reason: 'over' });
    await stage.verdict(id);
  };

  test('an update forged past the API is refused, and on record at once, in the events and in the audit log; the run stays where it is', () =>
    play(async (stage) => {
      const id = await stage.start(needed());
      const state = await asked(stage, id);
      expect(state.asking).toMatchObject({ number: 1, what: 'start', proof: 'signed', population: 5 });
      await expect(update(stage, id, { by: 'corp:bob', digest: state.digest })).rejects.toMatchObject(notCounted('it is not signed'));
      await expect(update(stage, id, { by: 'corp:bob', digest: state.digest, breakGlass: true })).rejects.toMatchObject(
        notCounted('not signed'),
      );
      for (let tries = 0; tries < 100 && (await refusals(stage, id)).length < 2; tries++) await delay(50);
      expect(await refusals(stage, id)).toMatchObject([
        { data: { by: 'corp:bob', what: 'start', signed: false, why: containing('it is not signed: approve it through the API') } },
        { data: { by: 'corp:bob' } },
      ]);
      expect(await auditedAs(stage, 'approval-refused')).toMatchObject([{ actor: 'corp:bob', subject: id }, { actor: 'corp:bob' }]);
      expect(await stage.client.status(id)).toMatchObject({ phase: 'awaiting-approval', approvals: [] });
      expect(stage.site.calls.map(({ name }) => name)).toEqual(['countTargets']);
      await end(stage, id);
      expect(stage.site.of('injectFault')).toEqual([]);
    }));

  test('what the API has signed counts, and who signed what with which key is on record', () =>
    play(async (stage) => {
      const id = await stage.start(needed());
      const state = await asked(stage, id);
      const answer = await update(stage, id, await sign(state, 'corp:bob', { reason: 'seen' }));
      expect(answer.approvals).toEqual([{ by: 'corp:bob', reason: 'seen', digest: state.digest }]);
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      const events = await stage.records.events(id);
      expect(events.find(({ kind }) => kind === 'approval-requested')?.data).toMatchObject({
        proof: 'signed',
        number: 1,
        population: { all: 5 },
      });
      expect(events.find(({ kind }) => kind === 'approved')?.data).toMatchObject({
        by: 'corp:bob',
        proof: 'signed',
        keyId: keys.key.keyId,
      });
    }));

  test('of a signed one, nothing may be another’s: run, execution, asking, plan, policy, number, wave; the requester, no role, the past', () =>
    play(async (stage) => {
      const [id, other] = [await stage.start(needed()), await stage.start(needed())];
      const [state, elsewhere] = [await asked(stage, id), await asked(stage, other)];
      const asking = { ...state.asking!, proof: undefined };
      const { proof: _, ...exact } = asking;
      const wrong: [Parameters<typeof signedAct>[3], string][] = [
        [{ workflowId: other }, `it is for run ${other}`],
        [{ asking: { ...exact, runId: elsewhere.asking!.runId } }, 'another execution'],
        [{ asking: { ...exact, number: 2 } }, 'another asking'],
        [{ asking: { ...exact, what: 'wave canary' } }, 'another what waits'],
        [{ asking: { ...exact, digest: 'f'.repeat(64) } }, 'another plan digest'],
        [{ asking: { ...exact, policy: 'f'.repeat(64) } }, 'another policy digest'],
        [{ asking: { ...exact, population: 50 } }, 'another number of targets'],
        [{ roles: ['operator'] }, 'neither approver nor admin'],
      ];
      for (const [changes, why] of wrong)
        await expect(update(stage, id, await sign(state, 'corp:bob', changes))).rejects.toMatchObject(notCounted(why));
      const replayed = await sign(elsewhere, 'corp:bob');
      await expect(update(stage, id, { ...replayed, digest: state.digest })).rejects.toMatchObject(notCounted(`it is for run ${other}`));
      for (const by of ['ann', 'corp:Ann'])
        await expect(update(stage, id, await sign(state, by))).rejects.toMatchObject(notCounted('has requested the run'));
      const old = await signedAct(keys.key, state, 'corp:bob', {}, Date.now() - 3_600_000);
      await expect(update(stage, id, old)).rejects.toMatchObject(notCounted('expired'));
      const { key } = await keys.another('stranger');
      await expect(update(stage, id, await signedAct(key, state, 'corp:bob'))).rejects.toMatchObject(notCounted('not among'));
      for (const signed of ['', 'x', '..', 'a.b.c', 'x'.repeat(9_000), '\u0000'])
        await expect(update(stage, id, { by: 'bob', digest: state.digest, signed })).rejects.toMatchObject(notCounted(/.*/));
      for (const signed of ['x'.repeat(100_000), 7, {}, null])
        await expect(update(stage, id, { by: 'bob', digest: state.digest, signed })).rejects.toMatchObject({
          cause: { type: 'MissingActor' },
        });
      expect(await stage.client.status(id)).toMatchObject({ phase: 'awaiting-approval', approvals: [] });
      expect(stage.site.of('prepareWave')).toEqual([]);
      await end(stage, id);
      expect(await refusals(stage, id)).toHaveLength(wrong.length + 11);
      await end(stage, other);
    }));

  test('a run that somebody resets in Temporal asks anew: what was approved before counts no more, though Temporal hands it in again', () =>
    play(async (stage) => {
      const id = await stage.start(needed());
      const first = await asked(stage, id);
      const before = await sign(first, 'corp:bob');
      await update(stage, id, before);
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      const hits = stage.site.of('injectFault').length;
      const { temporal } = stage.client;
      const { events } = await temporal.workflow.getHandle(id).fetchHistory();
      const firstTask = events?.find(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes);
      await temporal.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: id, runId: first.asking!.runId },
        reason: 'once more',
        requestId: randomUUID(),
        workflowTaskFinishEventId: firstTask?.eventId ?? null,
      });
      const again = await asked(stage, id);
      expect(again.approvals).toEqual([]);
      await expect(update(stage, id, before)).rejects.toMatchObject(notCounted('another execution'));
      expect(stage.site.of('injectFault')).toHaveLength(hits);
      await end(stage, id);
    }));

  test('a run that somebody resets to a moment after its approval is denied: what was verified before stands in its history only', () =>
    play(async (stage) => {
      const id = await stage.start(needed());
      const first = await asked(stage, id);
      await update(stage, id, await sign(first, 'corp:bob'));
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      const hits = stage.site.of('injectFault').length;
      const { temporal } = stage.client;
      const { events = [] } = await temporal.workflow.getHandle(id).fetchHistory();
      const verified = events!.findIndex(
        ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'verifyApproval',
      );
      const taskAfter = events!.slice(verified).find(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes);
      await temporal.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: id, runId: first.asking!.runId },
        reason: 'once more',
        requestId: randomUUID(),
        workflowTaskFinishEventId: taskAfter?.eventId ?? null,
      });
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'denied', reason: containing('before somebody reset this run') });
      expect(stage.site.of('injectFault')).toHaveLength(hits);
    }));

  test('an author does not approve what they wrote', () =>
    play(async (stage) => {
      const { metadata } = experimentDocument() as { metadata: object };
      const id = await stage.start(needed(1, { metadata: { ...metadata, author: 'corp:eve' } }));
      const state = await asked(stage, id);
      await expect(update(stage, id, await sign(state, 'corp:eve'))).rejects.toMatchObject(
        notCounted('corp:eve has written the experiment'),
      );
      await update(stage, id, await sign(state, 'corp:bob'));
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
    }));

  test('each wave with a gate is asked for on its own: what was signed for the start is none for it, and one person counts once', () =>
    play(async (stage) => {
      const id = await stage.start(needed(2, { waves: gated }));
      const first = await asked(stage, id);
      const forStart = await sign(first, 'corp:bob');
      await update(stage, id, forStart);
      const again = await sign(first, 'corp:bob');
      await expect(update(stage, id, again)).rejects.toMatchObject({ cause: { type: 'AlreadyApproved' } });
      // Under another name at the door, and the same one in the signature: only the signature tells who it is.
      await expect(update(stage, id, { ...again, by: 'corp:cid' })).rejects.toMatchObject(notCounted('corp:bob has approved already'));
      const both = await Promise.allSettled(
        [0, 1].map(async () => update(stage, id, { ...(await sign(first, 'corp:dan')), by: randomUUID() })),
      );
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const second = await asked(stage, id, 'wave canary');
      expect(second).toMatchObject({ approvals: [], asking: { number: 2, what: 'wave canary' } });
      await expect(update(stage, id, forStart)).rejects.toMatchObject(notCounted('another asking: 1, and this is 2'));
      for (const by of ['corp:bob', 'corp:dan']) await update(stage, id, await sign(second, by));
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
    }));

  test('the riskier, the more people: a policy asks for two of tier 1, and one signature is not two', () => {
    const policies = setOf([{ name: 'two-of-us', when: { tier: 'tier-1' }, approvalsAtLeast: 2 }]);
    return play(
      async (stage) => {
        const { metadata } = experimentDocument() as { metadata: object };
        const of = (tier: string, required: number) => needed(required, { metadata: { ...metadata, tier, service: tier } });
        expect(await stage.verdict(await stage.start(of('tier-1', 1)))).toMatchObject({
          verdict: 'denied',
          reason: containing('two-of-us'),
        });
        const small = await stage.start(of('tier-3', 1));
        await update(stage, small, await sign(await asked(stage, small), 'corp:bob'));
        expect(await stage.verdict(small)).toMatchObject({ verdict: 'passed' });
        const id = await stage.start(of('tier-1', 2));
        const state = await asked(stage, id);
        await update(stage, id, await sign(state, 'corp:bob'));
        expect(await stage.client.status(id)).toMatchObject({ phase: 'awaiting-approval', approvals: [{ by: 'corp:bob' }] });
        await update(stage, id, await sign(state, 'corp:cid'));
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      },
      { policies: () => Promise.resolve(policies) },
    );
  });

  test('a policy that has changed since makes it void', () => {
    const [one, other] = [setOf([{ name: 'few', when: {}, maxVictims: 9 }]), setOf([{ name: 'more', when: {}, maxVictims: 9 }])];
    let isChanged = false;
    return play(
      async (stage) => {
        const id = await stage.start(needed());
        const state = await asked(stage, id);
        isChanged = true;
        await update(stage, id, await sign(state, 'corp:bob'));
        const result = await stage.verdict(id);
        expect(result).toMatchObject({ verdict: 'denied', victims: [] });
        expect(result.reason).toMatch(
          /wave dry-run is not run: the approval is void: it was given under policy [0-9a-f]{12}, and [0-9a-f]{12} is in force/,
        );
        expect((await stage.records.events(id)).map(({ kind }) => kind)).toContain('approval-void');
      },
      { policies: () => Promise.resolve(isChanged ? other : one) },
    );
  });

  test('keys that cannot be read: nothing counts, plan and run say so; once they are there it goes on, with a key of the next generation too', () =>
    play(async (stage) => {
      const next = await keys.another('next');
      rmSync(keys.publicFile);
      const id = await stage.start(needed());
      const state = await asked(stage, id);
      expect(state.asking?.problem).toContain('the public keys of approvals cannot be read');
      const act = await signedAct(next.key, state, 'corp:bob');
      await expect(update(stage, id, act)).rejects.toMatchObject(notCounted('cannot be read'));
      await expect(update(stage, id, { by: 'corp:bob', digest: state.digest })).rejects.toMatchObject(notCounted('it is not signed'));
      expect(await stage.client.plan({ document: needed(), requestedBy: 'ann' })).toMatchObject({
        approvals: { proof: 'signed', problem: containing('ENOENT') },
      });
      keys.trust(next.pem);
      await update(stage, id, act);
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
    }));

  test('without keys at the worker it is a claim, and the run, its event and the plan say so; nobody approves in their own name', () =>
    onStage(theatre, async (stage) => {
      const id = await stage.start(needed());
      const state = await asked(stage, id);
      expect(state.asking).toMatchObject({ proof: 'claim' });
      expect(await stage.client.plan({ document: needed(), requestedBy: 'ann' })).toMatchObject({ approvals: { proof: 'claim' } });
      expect(await stage.client.plan({ document: experimentDocument(), requestedBy: 'ann' })).not.toHaveProperty('approvals');
      await expect(update(stage, id, { by: ' Ann', digest: state.digest })).rejects.toMatchObject(notCounted('has requested the run'));
      await expect(update(stage, id, { ...(await sign(state, 'bob')), breakGlass: true })).rejects.toMatchObject(
        notCounted('verifies none'),
      );
      await update(stage, id, await sign(state, 'bob'));
      expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      const events = await stage.records.events(id);
      expect(events.find(({ kind }) => kind === 'approval-requested')?.data).toMatchObject({ proof: 'claim' });
      expect(events.find(({ kind }) => kind === 'approved')?.data).toEqual({ by: 'bob', proof: 'claim' });
    }));

  test(
    'a flood of forgeries ends at a hundred, and does not keep anybody from aborting',
    () =>
      play(async (stage) => {
        const id = await stage.start(needed());
        const { digest } = await asked(stage, id);
        for (let sent = 0; sent < 100; sent += 5)
          await Promise.all(
            [0, 1, 2, 3, 4].map((n) => expect(update(stage, id, { by: `mallory-${sent}-${n}`, digest })).rejects.toThrow()),
          );
        await expect(update(stage, id, { by: 'mallory', digest })).rejects.toMatchObject({ cause: { type: 'TooManyRefused' } });
        await end(stage, id);
        expect(await refusals(stage, id)).toHaveLength(100);
      }),
    120_000,
  );
});
