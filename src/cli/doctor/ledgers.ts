import type { BreakwaterClient } from '../../client.ts';
import { listLedgers } from '../../client/ledger.ts';
import { ledgerId } from '../../domain/ledger/names.ts';
import { inTime } from '../connect.ts';
import { fail, ok, type Finding } from './finding.ts';

/** A workflow task may fail once, when its worker dies; one that fails again and again does so for ever. */
const MOST_ATTEMPTS = 2;

/** Whether the ledgers get on: a ledger whose workflow tasks fail answers nobody, and no run of its environment may begin a live wave. */
export async function checkLedgers(client: BreakwaterClient): Promise<Finding> {
  const { temporal, taskQueue } = client;
  const environments = await inTime(client, () => listLedgers(client));
  const stuck: string[] = [];
  for (const environment of environments) {
    const id = ledgerId(environment, taskQueue);
    const { raw } = await inTime(client, () => temporal.workflow.getHandle(id).describe());
    const attempts = raw.pendingWorkflowTask?.attempt ?? 0;
    if (attempts > MOST_ATTEMPTS) stuck.push(`${id} (${attempts} attempts)`);
  }
  if (stuck.length === 0) return ok('ledgers', environments.length === 0 ? 'none yet: the first run starts one' : environments.join(', '));
  return fail(
    'ledgers',
    `workflow tasks fail again and again: ${stuck.join(', ')}`,
    'their histories in Temporal Web say why. When it is the version of the worker, go back to the one before; else terminate the ledger while nothing runs',
  );
}
