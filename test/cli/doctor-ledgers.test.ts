import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { checkLedgers } from '../../src/cli/doctor/ledgers.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { BreakwaterClient } from '../../src/client.ts';
import { ledgerId } from '../../src/domain/ledger/names.ts';
import { describeWithTemporal } from '../support/servers.ts';
import { openTheatre, type Theatre } from '../workflows/harness/stage.ts';

describeWithTemporal('doctor and the ledgers', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test('one whose workflow tasks fail again and again is found, and what to do about it', async () => {
    const workflowsPath = fileURLToPath(new URL('./fixtures/broken-ledger.ts', import.meta.url));
    const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    const taskQueue = `doctor-${randomUUID()}`;
    const client = new BreakwaterClient(theatre.client, taskQueue);
    expect(await checkLedgers(client)).toMatchObject({ status: 'ok', detail: 'none yet: the first run starts one' });
    const worker = await Worker.create({ connection: theatre.connection, taskQueue, workflowBundle });
    await worker.runUntil(async () => {
      const workflowId = ledgerId('staging', taskQueue);
      const ledger = await theatre.client.workflow.start('ledger', { taskQueue, workflowId, args: [{ environment: 'staging' }] });
      let finding: Finding;
      const deadlineMs = Date.now() + 40_000;
      do {
        await delay(200);
        finding = await checkLedgers(client);
      } while (finding.status === 'ok' && Date.now() < deadlineMs);
      await ledger.terminate('test');
      expect(finding).toMatchObject({ status: 'fail', detail: expect.stringContaining(`${workflowId} (3 attempts)`) as unknown });
      expect(finding.remedy).toMatch(/terminate the ledger while nothing runs/);
    });
  }, 60_000);
});
