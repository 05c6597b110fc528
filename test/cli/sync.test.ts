import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyText } from '../policy/set.ts';
import { experimentFile, makeRepository, type Repository } from '../gitops/repository.ts';
import { createMigratedDatabase, sql } from '../records/database.ts';
import { describeWithGit } from '../support/git.ts';
import { buildWhenStale, call, start } from './command.ts';

describeWithGit('breakwater sync', () => {
  let database: Awaited<ReturnType<typeof createMigratedDatabase>>;
  let repository: Repository;
  beforeAll(async () => {
    buildWhenStale();
    database = await createMigratedDatabase();
    repository = makeRepository();
    for (let i = 0; i < 20; i++) {
      const metadata = { name: `worker-${i}`, owner: 'payments', service: 'payments', environment: 'staging' };
      repository.write(`chaos/worker-${i}.yaml`, experimentFile({ metadata }));
    }
    repository.write('chaos/policies/test.yaml', policyText([{ name: 'small', maxVictims: 4 }]));
    repository.commit('Begin', 'ann', 'bob');
    repository.push();
  }, 180_000);
  afterAll(async () => {
    repository?.remove();
    await database?.drop();
  });

  const args = (...more: string[]): string[] => [
    ...['sync', join(repository.clone, 'chaos'), '--policies-to', join(repository.home, 'etc/policies'), '--only', 'experiments'],
    ...['--protected-branch', 'origin/main', '--allowed-signers', repository.allowedSigners, ...more],
  ];
  const env = (): Record<string, string> => ({ ...(repository.env as Record<string, string>), BREAKWATER_DATABASE_URL: database.url });
  const sync = (...more: string[]) => call(args(...more), { env: env() });
  const rows = () => sql<{ name: string }>(database.url, 'SELECT name FROM breakwater.catalogue');

  test('shows what differs (9), does it (0), and then it is in sync (0); killed at any moment it is finished by the next', async () => {
    const planned = await sync();
    expect([planned.code, await rows()]).toEqual([9, []]);
    expect(planned.stdout).toContain('+ experiment worker-0 in staging: created (chaos/worker-0.yaml)');
    expect(planned.stdout).toContain('reviewed by bob@example.com in origin/main, but not stated: there is no key to sign with');
    expect(planned.stderr).toContain('Nothing was changed.');
    for (const afterMs of [600, 1_200, 1_800]) {
      const running = start(args('--apply'), { env: env() });
      setTimeout(() => running.child.kill('SIGKILL'), afterMs);
      await running.ended;
      expect([0, 20]).toContain((await rows()).length); // all or nothing
    }
    const done = await sync('--apply', '--json');
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(JSON.parse(done.stdout)).toMatchObject({ applied: true, managedBy: `${repository.home}/resilience/chaos`, branch: 'main' });
    expect(await rows()).toHaveLength(20);
    const after = await sync();
    expect([after.code, after.stdout]).toEqual([0, expect.stringContaining('plan: 0 created, 0 changed, 0 pruned, 20 unchanged')]);
    const listed = await call(['experiments'], { env: env() });
    expect(listed.stdout).toMatch(/worker-0 +staging +payments +chaos\/worker-0\.yaml +[0-9a-f]{12} +\S+\/resilience\/chaos/);
  }, 120_000);

  test('two at once: one is done, the other is refused or finds it done', async () => {
    repository.write(
      'chaos/worker-0.yaml',
      experimentFile({ metadata: { name: 'worker-0', owner: 'search', service: 'payments', environment: 'staging' } }),
    );
    repository.commit('Give it away', 'ann', 'bob');
    repository.push();
    const ended = await Promise.all([sync('--apply'), sync('--apply')]);
    expect(ended.map(({ code }) => code).sort()).toEqual(expect.arrayContaining([0]));
    for (const { code, stderr } of ended.filter((one) => one.code !== 0))
      expect([code, stderr]).toEqual([2, expect.stringContaining('another sync is at it')]);
    expect((await sync()).code).toBe(0);
  });

  test('wrong files and wrong options are told with their place, and change nothing', async () => {
    repository.write('chaos/broken.yaml', experimentFile({ metadata: { name: 'broken' } }));
    expect(await sync('--apply')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('1 files are not as they were committed, the first is chaos/broken.yaml') as string,
    });
    repository.commit('Break it', 'ann');
    expect(await sync('--apply')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/broken\.yaml:\d+:\d+ metadata/) as string,
    });
    expect(await rows()).toHaveLength(20);
    expect((await call(['sync', repository.clone, '--allowed-signers', 'x'], { env: env() })).stderr).toContain(
      'Add --protected-branch origin/main.',
    );
    expect((await call(['sync', repository.clone, '--name', '../x'], { env: env() })).code).toBe(2);
    expect(existsSync(join(repository.home, 'etc'))).toBe(false);
    repository.run('reset', '-q', '--hard', 'HEAD~1');
  });

  test('policies go where the setting says, and a key of `audit keygen` states reviews', async () => {
    const key = join(repository.home, 'review.pem');
    expect((await call(['audit', 'keygen', key])).code).toBe(0);
    const settings = { ...env(), BREAKWATER_SYNC_POLICIES_TO: join(repository.home, 'live'), BREAKWATER_REVIEW_KEY: key };
    repository.push();
    const only = (kind: string) =>
      call([...args('--apply').filter((one) => !['--policies-to', join(repository.home, 'etc/policies')].includes(one)), '--only', kind], {
        env: settings,
      });
    expect(await only('policies')).toMatchObject({ code: 0, stdout: expect.stringContaining('+ policy test.yaml: created') as string });
    expect(readFileSync(join(repository.home, 'live/test.yaml'), 'utf8')).toContain('maxVictims: 4');
    expect((await only('experiments')).stdout).toMatch(
      / {4}review: nothing → commit [0-9a-f]{12} in origin\/main, by bob@example\.com, of ann@example\.com/,
    );
    expect(await sql(database.url, 'SELECT count(statement)::int AS stated FROM breakwater.catalogue')).toEqual([{ stated: 20 }]);
  });
});
