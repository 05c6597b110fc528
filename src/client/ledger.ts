import { WithStartWorkflowOperation, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { HALT_MEMO, LEDGER, ledgerId } from '../domain/ledger/names.ts';
import { readHalt } from '../domain/ledger/read.ts';
import type { LedgerState } from '../domain/ledger/state.ts';
import { runningLedgers } from '../domain/ledger/visibility.ts';
import type { Halt } from '../domain/run.ts';

/** Where the ledgers of an installation are. */
export interface LedgerHome {
  temporal: Client;
  taskQueue: string;
}

/** What the memo of a ledger says, without a worker; also of one that was terminated. */
export async function readLedgerMemo({ temporal, taskQueue }: LedgerHome, environment: string): Promise<{ isOpen: boolean; halt?: Halt }> {
  try {
    const { memo, status } = await temporal.workflow.getHandle(ledgerId(environment, taskQueue)).describe();
    const halt = readHalt(memo?.[HALT_MEMO], Number.MAX_SAFE_INTEGER);
    return { isOpen: status.name === 'RUNNING' || status.name === 'PAUSED', ...(halt.ok && { halt: halt.value }) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { isOpen: false };
    throw error;
  }
}

/** How an environment's ledger is started when there is none. A halt outlives a ledger that was terminated; its holds and cool-downs do not. */
export const ledgerStart = ({ taskQueue }: LedgerHome, environment: string, halt?: Halt) => ({
  workflowId: ledgerId(environment, taskQueue),
  taskQueue,
  args: [{ environment, ...(halt && { state: { halt } }) }],
  staticSummary: `ledger of ${environment}`,
});

/**
 * Sends an update to an environment's ledger, which is started when there is none.
 * @throws WorkflowUpdateFailedError with the reason when the ledger refuses
 */
export async function updateLedger(home: LedgerHome, environment: string, update: string, message: unknown): Promise<LedgerState> {
  const { isOpen, halt } = await readLedgerMemo(home, environment);
  const { workflow } = home.temporal;
  if (isOpen)
    return workflow.getHandle(ledgerId(environment, home.taskQueue)).executeUpdate<LedgerState, [unknown]>(update, { args: [message] });
  const startWorkflowOperation = new WithStartWorkflowOperation(LEDGER, {
    ...ledgerStart(home, environment, halt),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return workflow.executeUpdateWithStart<() => Promise<void>, LedgerState, [unknown]>(update, { args: [message], startWorkflowOperation });
}

/** The state of an environment's ledger; undefined when it has none yet. */
export async function readLedger({ temporal, taskQueue }: LedgerHome, environment: string): Promise<LedgerState | undefined> {
  try {
    return await temporal.workflow.getHandle(ledgerId(environment, taskQueue)).query<LedgerState>('state');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The environments that have a ledger, and `_all` when everything was halted once. */
export async function listLedgers({ temporal, taskQueue }: LedgerHome): Promise<string[]> {
  const [before, after] = [`${LEDGER}.`, `.${taskQueue}`];
  const names: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({ query: runningLedgers(taskQueue) }))
    if (workflowId.startsWith(before) && workflowId.endsWith(after)) names.push(workflowId.slice(before.length, -after.length));
  return names.sort();
}
