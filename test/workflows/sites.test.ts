import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { createControlActivities, createSiteActivities } from '../../src/activities/index.ts';
import { openSite } from '../../src/adapters/site.ts';
import { BreakwaterClient, type RunResult } from '../../src/client.ts';
import { createMemoryRecords } from '../../src/records/memory.ts';
import { currentBuild } from '../support/build.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { openSystem } from '../activities/system.ts';
import { stateOf, Victims } from '../crash/harness/victims.ts';
import { experimentDocument } from './harness/document.ts';
import { reach } from './harness/expectations.ts';
import { announce, FakeSite, linger } from './harness/fake-site.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

describeWithTemporal('sites', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  const worker = (taskQueue: string, activities: object, more: object = {}): Promise<Worker> =>
    Worker.create({ connection: theatre.connection, taskQueue, activities, shutdownGraceTime: '100ms', shutdownForceTime: '3s', ...more });

  test('a site without a worker: the run says so before anything begins', () =>
    onStage(theatre, async ({ site, start, verdict, taskQueue, records }) => {
      const id = await start(experimentDocument({ site: 'mars', approvals: { required: 1 } }));
      expect(await verdict(id)).toMatchObject({
        verdict: 'denied',
        reason: `site: site mars has no worker on queue ${taskQueue}.mars; start one with BREAKWATER_SITES=mars breakwater worker`,
      });
      expect(site.calls).toEqual([]);
      expect((await records.events(id)).map(({ kind }) => kind)).toEqual(['run-started', 'policy', 'closed']); // nobody was asked to approve
    }));

  test('a site that holds another environment: denied before anything of it is asked, and the orders of its own runs say theirs', () =>
    onStage(
      theatre,
      async ({ site, start, verdict }) => {
        const document = experimentDocument();
        const metadata = { ...(document['metadata'] as object), environment: 'development' };
        expect(await verdict(await start({ ...document, metadata }))).toMatchObject({
          verdict: 'denied',
          reason: expect.stringContaining('site-environment: site local holds staging, and the experiment is of development') as string,
        });
        expect(site.calls).toEqual([]);
        expect(await verdict(await start())).toMatchObject({ verdict: 'passed' });
        expect(site.orders('injectFault').map(({ environment }) => environment)).toEqual(['staging']);
      },
      { siteEnvironments: { local: ['staging'] } },
    ));

  test('two sites: each run’s orders reach its own site alone', () =>
    onStage(theatre, async ({ site: local, start, verdict, taskQueue }) => {
      const mars = new FakeSite();
      mars.population = mars.population.map((one) => ({ ...one, site: 'mars' }));
      const served = await worker(`${taskQueue}.mars`, mars.activities);
      await served.runUntil(async () => {
        const ids = await Promise.all([start(), start(experimentDocument({ site: 'mars' })), start(experimentDocument({ site: 'mars' }))]);
        for (const id of ids) expect(await verdict(id)).toMatchObject({ verdict: 'passed' });
      });
      expect(local.orders('injectFault').map(({ target: { site } }) => site)).toEqual(['local']);
      expect(mars.orders('injectFault').map(({ target: { site } }) => site)).toEqual(['mars', 'mars']);
      expect(mars.calls.every(({ input }) => !JSON.stringify(input).includes('"site":"local"'))).toBe(true);
    }));

  test('a site that goes after the guard was armed and comes back when the order has expired: nobody is hit', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sites-'));
    const dist = await currentBuild();
    const taskQueue = `sites-${randomUUID()}`;
    const system = await openSystem();
    system.answers['errors'] = 0;
    const victims = await Victims.start(dir, taskQueue, 3);
    const records = createMemoryRecords();
    const real = openSite(
      { site: 'local', stateDir: join(dir, 'state'), env: {}, reaper: join(dist, 'reaper', 'main.js'), journalKeepsMs: 86_400_000 },
      records,
    );
    const activities = createSiteActivities(real);
    const door = new BreakwaterClient(theatre.client, taskQueue);
    const control = await worker(taskQueue, createControlActivities({ records, nowMs: () => Date.now() }), {
      workflowBundle: theatre.workflowBundle,
    });
    try {
      await control.runUntil(async () => {
        // One thing at a time: the guard keeps the order waiting in the queue until this worker leaves.
        const first = await worker(
          `${taskQueue}.local`,
          {
            ...activities,
            guardWave: async (input: Parameters<typeof activities.guardWave>[0]) => {
              if (input.holdMs === 0) return activities.guardWave(input);
              await announce(input.place);
              return linger();
            },
            // The guard's end frees its slot while the worker leaves: it may still be handed the order.
            injectFault: () => Promise.reject(new Error('this worker leaves')),
          },
          { maxConcurrentActivityTaskExecutions: 1 },
        );
        const { workflowId } = await first.runUntil(async () => {
          const started = await door.startExperiment({
            document: experimentDocument({
              probes: { errors: system.probe('errors') },
              targets: { kind: 'process', labels: { app: taskQueue } },
              guard: { maxBlind: '60s' },
            }),
            requestedBy: 'ann',
            seed: 7,
          });
          await reach({ client: door } as never, started.workflowId, 'injecting');
          return started;
        });
        await delay(16_000); // the order expires 15 s after it was given
        const back = await worker(`${taskQueue}.local`, activities);
        const result = (await back.runUntil(async () => door.waitForVerdict(workflowId))) as RunResult;
        expect(result.verdict).not.toBe('passed');
        expect(result.leftovers).toEqual([]);
        expect(result.victims.map(({ injection }) => injection?.outcome ?? 'no answer')).not.toContain('injected');
      });
      expect(victims.stops.size).toBe(0);
      expect([...victims.continued().values()].every((times) => times === 0)).toBe(true);
      expect(victims.living().map((pid) => stateOf(pid))).toEqual(Array(3).fill(expect.stringMatching(/[RSD]/)));
    } finally {
      await victims.end();
      await Promise.allSettled([real.close(), system.close()]);
      rmSync(dir, { recursive: true, force: true });
    }
  }, 120_000);
});
