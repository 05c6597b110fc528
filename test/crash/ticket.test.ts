import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { stringify } from 'yaml';
import { BreakwaterClient, type RunResult } from '../../src/client.ts';
import { currentBuild } from '../support/build.ts';
import { changeRequest, CREDENTIALS, startServiceNow } from '../support/change-systems.ts';
import { databaseUrl, describeWithTemporal, freshDir, temporalAddress } from '../support/servers.ts';
import { experimentDocument } from '../workflows/harness/document.ts';
import { FakeSite } from '../workflows/harness/fake-site.ts';
import { openTheatre, type Theatre } from '../workflows/harness/stage.ts';
import { WorkerProcess } from './harness/worker.ts';

const changeFile = (url: string): string =>
  stringify({
    ...{ apiVersion: 'breakwater.dev/v1', kind: 'ChangeControl', tickets: ['CHG*'] },
    system: { kind: 'servicenow', url, auth: { user: CREDENTIALS.user, password: { secret: 'snow' } } },
  });

describeWithTemporal('a control worker dies while it writes into a ticket', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('killed between the note and its answer: the next one finds it, and there is one note of each', async () => {
    await currentBuild();
    const serviceNow = await startServiceNow([changeRequest()]);
    serviceNow.hits = ({ method }) => method === 'PATCH';
    serviceNow.troubles.push('swallow');
    const taskQueue = `ticket-${randomUUID()}`;
    const dir = await freshDir('ticket');
    const file = join(dir, 'change-control.yaml');
    await writeFile(file, changeFile(serviceNow.url));
    const env = { BREAKWATER_ROLE: 'control', BREAKWATER_CHANGE_CONTROL: file, BREAKWATER_SECRET_SNOW: CREDENTIALS.password };
    const place = { dir, taskQueue, temporalAddress: temporalAddress(), databaseUrl: databaseUrl(), env };
    const site = new FakeSite();
    const sites = await Worker.create({ connection: theatre.connection, taskQueue: `${taskQueue}.local`, activities: site.activities });
    const workers: WorkerProcess[] = [];
    try {
      workers.push(await WorkerProcess.start(place, 'first'));
      await sites.runUntil(async () => {
        const client = new BreakwaterClient(theatre.client, taskQueue);
        const plain = experimentDocument();
        // an environment of its own: the database is shared
        const metadata = { ...(plain['metadata'] as object), ticket: 'CHG0030001', environment: `ticket-${randomUUID().slice(0, 8)}` };
        const { workflowId } = await client.startExperiment({ document: { ...plain, metadata }, requestedBy: 'ann', seed: 7 });
        for (let i = 0; i < 1_200 && serviceNow.rows[0]!.work_notes.length === 0; i++) await delay(25);
        expect(serviceNow.rows[0]!.work_notes).toHaveLength(1);
        workers[0]!.kill();
        workers.push(await WorkerProcess.start(place, 'second'));
        expect((await client.waitForVerdict(workflowId)) as RunResult).toMatchObject({ verdict: 'passed' });
        expect(serviceNow.rows[0]!.work_notes.map((text) => /:(start|end)\]$/.exec(text)?.[1])).toEqual(['end', 'start']);
        for (const worker of workers) expect(worker.log()).not.toContain(CREDENTIALS.password);
      });
    } finally {
      for (const worker of workers) worker.kill();
      await serviceNow.close();
    }
  }, 240_000);
});
