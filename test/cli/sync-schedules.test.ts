import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { experimentFile, makeRepository, type Repository } from '../gitops/repository.ts';
import { createMigratedDatabase } from '../records/database.ts';
import { describeWithGit } from '../support/git.ts';
import { temporalAddress } from '../support/servers.ts';
import { buildWhenStale, call } from './command.ts';

const schedule = (from: string) => ({
  ...{ apiVersion: 'breakwater.dev/v1', kind: 'Schedule', metadata: { name: 'weekdays', owner: 'payments' }, experiment: 'worker.yaml' },
  ...{ windows: [{ days: ['mon', 'tue'], from, to: '15:00', zone: 'Europe/Berlin' }], start: 'begin' },
});

describeWithGit('breakwater sync and the schedules of Temporal', () => {
  let database: Awaited<ReturnType<typeof createMigratedDatabase>>;
  let repository: Repository;
  beforeAll(async () => {
    buildWhenStale();
    database = await createMigratedDatabase();
    repository = makeRepository();
  }, 180_000);
  afterAll(async () => {
    repository?.remove();
    await database?.drop();
  });
  const commit = (): void => {
    repository.commit('Change it', 'ann');
  };

  test('are added, changed and pruned in the name of the sync', async () => {
    const env = {
      ...(repository.env as Record<string, string>),
      ...{ BREAKWATER_DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporalAddress(), BREAKWATER_TASK_QUEUE: `sync-${randomUUID()}` },
    };
    const sync = (...more: string[]) => call(['sync', join(repository.clone, 'chaos'), ...more], { env });
    const listed = async () =>
      JSON.parse((await call(['schedule', 'list', '-o', 'json'], { env })).stdout) as { name: string; requestedBy: string }[];
    repository.write('chaos/worker.yaml', experimentFile());
    repository.write('chaos/weekdays.yaml', schedule('10:00'));
    commit();
    expect((await sync()).code).toBe(9);
    expect(await sync('--apply')).toMatchObject({ code: 0, stdout: expect.stringContaining('+ schedule weekdays: created') as string });
    expect(await listed()).toMatchObject([{ name: 'weekdays', requestedBy: `sync:${repository.home}/resilience/chaos` }]);
    expect(await sync()).toMatchObject({ code: 0 });
    repository.write('chaos/weekdays.yaml', schedule('11:00'));
    commit();
    expect(await sync()).toMatchObject({ code: 9, stdout: expect.stringContaining('windows[0].from: "10:00" → "11:00"') as string });
    expect((await sync('--apply')).code).toBe(0);
    repository.run('rm', '-q', 'chaos/weekdays.yaml');
    commit();
    expect((await sync()).stdout).toContain('! schedule weekdays: no more in the checkout');
    expect((await sync('--apply', '--prune')).stdout).toContain('- schedule weekdays: pruned');
    expect(await listed()).toEqual([]);
    expect((await sync()).code).toBe(0);
  }, 120_000);
});
