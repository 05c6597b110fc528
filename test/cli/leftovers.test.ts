import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/activity';
import { stringify } from 'yaml';
import { createRecords } from '../../src/records/postgres.ts';
import type { Records } from '../../src/records/ports.ts';
import { orderDefaults } from '../support/orders.ts';
import { describeWithDatabase, describeWithTemporal, temporalAddress } from '../support/servers.ts';
import { createDatabase } from '../records/database.ts';
import { aRun } from '../records/examples.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { FakeSite, target } from '../workflows/harness/fake-site.ts';
import { onStage, openTheatre, type Stage, type Theatre } from '../workflows/harness/stage.ts';
import { buildWhenStale, call, type Ended } from './command.ts';

const describeWithBoth = describeWithTemporal === describe ? describeWithDatabase : describeWithTemporal;

describeWithBoth('what is left behind, from the command line', () => {
  let theatre: Theatre;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let records: Records;
  let cwd: string;
  const env: Record<string, string> = {};
  const cli = (...args: string[]): Promise<Ended> => call(args, { cwd, env });

  beforeAll(async () => {
    buildWhenStale();
    cwd = mkdtempSync(join(tmpdir(), 'breakwater-leftovers-'));
    writeFileSync(join(cwd, 'experiment.yaml'), stringify(experimentDocument()));
    [theatre, database] = await Promise.all([openTheatre(), createDatabase()]);
    records = createRecords({ url: database.url, maxConnections: 3 });
    await records.migrate();
  }, 240_000);
  afterAll(async () => {
    await records.close();
    await Promise.all([theatre.close(), database.drop()]);
    rmSync(cwd, { recursive: true, force: true });
  });

  const play = (site: FakeSite, scene: (stage: Stage) => Promise<void>) =>
    onStage(
      theatre,
      async (stage) => {
        Object.assign(env, {
          TEMPORAL_ADDRESS: temporalAddress(),
          BREAKWATER_DATABASE_URL: database.url,
          BREAKWATER_TASK_QUEUE: stage.taskQueue,
          BREAKWATER_HOME: join(cwd, 'home'),
        });
        await scene(stage);
      },
      { site, records },
    );
  const lease = async ({ site }: Stage, workflowId: string, stuck?: string): Promise<string> => {
    await records.openRun(aRun({ workflowId, site: 'local', startedAtMs: Date.now() }));
    const key = `${workflowId}/single/0/process:worker-1`;
    const order = { ...orderDefaults(), workflowId, wave: 'single', key, fault: { kind: 'process-pause' }, target: target('worker-1') };
    await site.leases.arm(order);
    if (stuck !== undefined) site.leases.held.get(key)!.stuck = stuck;
    return key;
  };

  test('the janitor cannot undo it: 6; it is listed with its command until it is undone or a person clears it', () => {
    let isStubborn = true;
    const site = new FakeSite().on('revertFault', (_, usual) =>
      isStubborn ? Promise.reject(ApplicationFailure.nonRetryable('still in state T', 'NotUndone')) : usual(),
    );
    return play(site, async (stage) => {
      const workflowId = `pause.gone.${randomUUID()}`;
      expect(await cli('leftovers')).toMatchObject({ code: 0, stdout: '' });
      const key = await lease(stage, workflowId);
      const looked = await cli('janitor', '--once', '--look');
      expect(looked).toMatchObject({ code: 0, stdout: expect.stringMatching(/local +found +process-pause on worker-1/) as string });
      const swept = await cli('janitor', '--once');
      expect(swept).toMatchObject({ code: 6, stdout: expect.stringMatching(/local +leftover .*still in state T/) as string });
      const listed = await cli('leftovers', '--json');
      expect(listed.code).toBe(6);
      expect(JSON.parse(listed.stdout)).toMatchObject([
        { key, workflowId, site: 'local', what: 'process-pause on worker-1', manual: expect.stringContaining('kill -CONT 1000') as string },
      ]);
      expect((await cli('leftovers')).stdout).toMatch(/why +.*still in state T[^]*by hand \[ "\$\(cat \/proc\/sys/);

      expect((await cli('leftovers', 'clear', workflowId)).code).toBe(2);
      expect((await cli('leftovers', 'clear', 'nobody', '--reason', 'x')).code).toBe(2);
      expect((await cli('leftovers', 'clear', `${key}-other`, '--reason', 'x')).code).toBe(2);
      expect((await cli('leftovers', 'clear', key, '--by', 'ann', '--reason', 'woken by hand')).code).toBe(0);
      expect((await cli('leftovers', 'clear', key, '--by', 'ann', '--reason', 'again')).code).toBe(2);
      expect(await cli('leftovers', '--json')).toMatchObject({ code: 0, stdout: '[]\n' });
      const events = await records.events(workflowId);
      expect(events.map(({ kind }) => kind)).toEqual(['janitor', 'leftover-cleared']);
      expect(events[1]?.data).toMatchObject({ by: 'ann', reason: 'woken by hand', key });

      isStubborn = false;
      expect(await cli('janitor', '--once')).toMatchObject({ code: 0, stdout: expect.stringMatching(/local +undone/) as string });
      expect(await cli('janitor', '--once')).toMatchObject({ code: 0 });
    });
  }, 120_000);

  test(
    'a lease whose own undo failed is listed from its site; a site that does not answer is no clean bill',
    () =>
      play(new FakeSite(), async (stage) => {
        const workflowId = await stage.start();
        await stage.verdict(workflowId);
        const key = `${workflowId}/single/0/process:worker-1`;
        const order = { ...orderDefaults(), workflowId, key, fault: { kind: 'process-pause' }, target: target('worker-1') };
        await stage.site.leases.arm(order);
        stage.site.leases.held.get(key)!.stuck = 'SIGCONT was refused';
        const { code, stdout } = await cli('leftovers', '--json');
        expect(code).toBe(6);
        expect(JSON.parse(stdout)).toMatchObject([{ key, why: expect.stringContaining('SIGCONT was refused') as string }]);
        expect((await cli('janitor', '--once')).code).toBe(0);
        expect((await cli('leftovers')).code).toBe(0);
        await records.openRun(aRun({ workflowId: `pause.far.${randomUUID()}`, site: 'mars', startedAtMs: Date.now() }));
        const unsure = await cli('leftovers');
        expect(unsure).toMatchObject({ code: 7, stderr: expect.stringMatching(/not asked mars: no worker/) as string });
        expect((await cli('leftovers', '--no-sites')).code).toBe(0);
        expect((await cli('janitor', '--once', '--site', 'local')).code).toBe(0);
        expect((await cli('janitor')).code).toBe(2);
      }),
    120_000,
  );

  test('without a worker the records still tell, and the sites are said not to have been asked', async () => {
    Object.assign(env, { BREAKWATER_TASK_QUEUE: `nobody-${randomUUID()}` });
    expect(await cli('leftovers')).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('not asked all sites: No worker serves') as string,
    });
  }, 60_000);

  test(
    'a schedule is added, shown, triggered, paused and removed',
    () =>
      play(new FakeSite(), async (stage) => {
        const add = (...more: string[]) =>
          cli('schedule', 'add', 'experiment.yaml', '--cron', '0 10 1 1 *', '--zone', 'Europe/Berlin', ...more);
        expect(await add('--name', 'new-year')).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/Times +0 10 1 1 \* in Europe\/Berlin/) as string,
        });
        expect(await add('--name', 'new-year')).toMatchObject({ code: 2, stderr: expect.stringContaining('already') as string });
        expect((await add('--name', 'a/b')).code).toBe(2);
        expect((await cli('schedule', 'show', 'nobody')).code).toBe(2);
        expect((await cli('schedule', 'trigger', 'new-year')).code).toBe(0);
        await stage.site.began('injectFault');
        expect((await cli('schedule', 'pause', 'new-year', '--by', 'bob')).stdout).toMatch(/State +paused: paused by bob/);
        expect((await cli('schedule', 'resume', 'new-year')).stdout).toMatch(/State +active/);
        expect((await cli('schedule', 'list')).code).toBe(0);
        expect((await cli('schedule', 'remove', 'new-year')).code).toBe(0);
        expect((await cli('schedule', 'remove', 'new-year')).code).toBe(2);
      }),
    120_000,
  );
});
