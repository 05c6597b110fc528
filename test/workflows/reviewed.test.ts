import { setOf } from '../policy/set.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { expectNothingLeft, reach } from './harness/expectations.ts';
import { needs, review, reviewKeys, rule } from './harness/reviews.ts';
import { onStage, openTheatre, type Stage, type Theatre } from './harness/stage.ts';

describeWithTemporal('a reviewed commit and what a run waits for', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());
  const options = { policies: () => setOf(rule()), reviewKeys };
  const approvals = async ({ records }: Stage, id: string) =>
    (await records.events(id))
      .filter(({ kind }) => ['approved', 'review-not-counted'].includes(kind))
      .map(({ kind, data }) => ({ ...data, kind }));

  test('stands for one approval, and is on record with commit, path and branch', () =>
    onStage(
      theatre,
      async (stage) => {
        const document = needs(1);
        await review(stage, document);
        const id = await stage.start(document);
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
        expect(await approvals(stage, id)).toEqual([
          expect.objectContaining({
            ...{
              kind: 'approved',
              by: 'git:bob@example.com',
              what: 'start',
              commit: 'c'.repeat(40),
              path: 'chaos/worker.yaml',
              branch: 'origin/main',
            },
          }),
        ]);
        expectNothingLeft(stage.site);
      },
      options,
    ));

  test('is one of two: the other must be another living person, and a claim to be the commit is none', () =>
    onStage(
      theatre,
      async (stage) => {
        const document = needs(2);
        await review(stage, document);
        const id = await stage.start(document);
        const { digest } = await reach(stage, id, (run) => run.approvals.length === 1);
        for (const by of ['Bob@example.com', 'git:carol@example.com'])
          await expect(stage.client.approve(id, { by, digest: digest! })).rejects.toThrow();
        await stage.client.approve(id, { by: 'carol', digest: digest! });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      },
      options,
    ));

  test('none of its authors approves beside it', () =>
    onStage(
      theatre,
      async (stage) => {
        const document = needs(2);
        await review(stage, document);
        const id = await stage.start(document, { requestedBy: 'carol' });
        const { digest } = await reach(stage, id, (run) => run.approvals.length === 1);
        await expect(stage.client.approve(id, { by: 'Ann@example.com', digest: digest! })).rejects.toMatchObject({
          cause: { message: expect.stringContaining('has written what the review that counts is about') as string },
        });
        await stage.client.approve(id, { by: 'dave', digest: digest! });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      },
      options,
    ));

  test('a document that was changed since waits for people, and says why', () =>
    onStage(
      theatre,
      async (stage) => {
        await review(stage, needs(1));
        const id = await stage.start(needs(1, { hypothesis: 'killing everything hurts nobody at all' }));
        const { digest, approvals: given } = await reach(stage, id, 'awaiting-approval');
        expect(given).toEqual([]);
        await stage.client.approve(id, { by: 'carol', digest: digest! });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
        expect(await approvals(stage, id)).toMatchObject([
          { kind: 'review-not-counted', why: expect.stringContaining('the catalogue has no such document') as string },
          { kind: 'approved', by: 'carol' },
        ]);
      },
      options,
    ));

  test('a gate of a wave waits for a living person, unless the rule says that it need not', async () => {
    const document = needs(1, {
      waves: [
        { name: 'dry-run', dryRun: true },
        { name: 'single', gate: 'approval' },
      ],
    });
    await onStage(
      theatre,
      async (stage) => {
        await review(stage, document);
        const id = await stage.start(document);
        const { digest } = await reach(stage, id, ({ awaiting }) => awaiting === 'wave single');
        await stage.client.approve(id, { by: 'carol', digest: digest! });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
      },
      options,
    );
    await onStage(
      theatre,
      async (stage) => {
        await review(stage, document);
        expect(await stage.verdict(await stage.start(document))).toMatchObject({ verdict: 'passed' });
      },
      { ...options, policies: () => setOf(rule({ gates: true })) },
    );
  });

  test('policies that cannot be read, or records that are away, let nothing count', () =>
    onStage(
      theatre,
      async (stage) => {
        const document = needs(1);
        await review(stage, document);
        stage.records.catalogue = () => Promise.reject(new Error('the database is away'));
        const id = await stage.start(document);
        const { digest } = await reach(stage, id, 'awaiting-approval');
        await stage.client.approve(id, { by: 'carol', digest: digest! });
        expect(await stage.verdict(id)).toMatchObject({ verdict: 'passed' });
        expect((await approvals(stage, id)).map(({ kind }) => kind)).toContain('review-not-counted');
      },
      options,
    ));
});
