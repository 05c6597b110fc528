import { activityInfo, getClient, log } from '@temporalio/activity';
import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import { LEDGER, ledgerId, MESSAGES } from '../domain/ledger/names.ts';
import type { AuditHead } from '../domain/audit/entry.ts';
import type { Claim, Reply } from '../domain/ledger/state.ts';
import type { OpenRun } from '../records/ports.ts';
import type { Plan } from '../domain/plan.ts';
import type { RunEvent, RunResult } from '../domain/run.ts';
import type { GateDecision, RunActivities } from './control.ts';

/**
 * How long the ledger's answer is waited for before it is asked to answer by signal. Short, because this waits inside of a workflow task and the
 * ledger may need its slot: with as many runs as slots, both would wait for each other.
 */
const ANSWER_WITHIN_MS = 1_000;

/** What a run tells its ledger without wanting an answer. */
export type Farewell =
  | { kind: 'leave'; holder: string; runId: string; wave: string; hit: boolean }
  | { kind: 'release'; holder: string; runId: string; hit: boolean };

/** How a ledger is started by whoever needs it first. */
const startOf = (environment: string) => {
  const { taskQueue } = activityInfo();
  return { workflowId: ledgerId(environment, taskQueue), taskQueue, args: [{ environment }], staticSummary: `ledger of ${environment}` };
};

const signal = async (environment: string, name: string, message: unknown): Promise<void> => {
  await getClient().workflow.signalWithStart(LEDGER, { ...startOf(environment), signal: name, signalArgs: [message] });
};

/** A ledger that cannot be told sees for itself, later, that the run has ended: the records must not wait for it. */
const tell = (environment: string, farewell: Farewell): Promise<void> =>
  signal(environment, MESSAGES[farewell.kind], farewell).catch((cause: unknown) => {
    log.warn('the ledger could not be told', { farewell: farewell.kind, cause });
  });

/** @returns undefined when the ledger did not answer soon: its answer comes by signal */
async function ask(environment: string, claim: Claim): Promise<Reply | undefined> {
  const client = getClient();
  const startWorkflowOperation = new WithStartWorkflowOperation(LEDGER, {
    ...startOf(environment),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  try {
    return await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      client.workflow.executeUpdateWithStart<() => Promise<void>, Reply, [Claim]>(MESSAGES.acquire, {
        args: [claim],
        startWorkflowOperation,
      }),
    );
  } catch (cause) {
    if (cause instanceof WorkflowUpdateFailedError) return { kind: 'refused', reason: cause.cause?.message ?? cause.message };
    log.debug('the ledger did not answer soon: it will by signal', { cause });
  }
  await signal(environment, MESSAGES.acquire, claim);
  return undefined;
}

/** Creates the activities by which a run speaks to its ledger. Local ones: each costs the run one event. */
export const createTurns = ({ checkGates, recordEvents, closeRun }: Pick<RunActivities, 'checkGates' | 'recordEvents' | 'closeRun'>) => ({
  /** Gates and ledger in one step: whether a live wave may begin. `reply` is absent when it comes by signal. */
  async enterWave(
    plan: Plan,
    claim: Claim,
    requestedBy?: string,
    approvedIn: readonly string[] = [],
  ): Promise<{ gates: GateDecision; reply?: Reply }> {
    const gates = await checkGates(plan, { requestedBy: requestedBy ?? '', wave: claim.wave, approvedIn });
    if (!gates.open) return { gates };
    const reply = await ask(plan.experiment.metadata.environment, claim);
    return { gates, ...(reply && { reply }) };
  },

  /** Tells the ledger that a wave or a run is over, and writes events; each whatever becomes of the other. */
  async recordAndLeave(run: OpenRun, events: RunEvent[], farewell: Farewell): Promise<void> {
    await Promise.all([tell(run.environment, farewell), recordEvents(run, events)]);
  },

  /** The last events, the end, and what the ledger must hear of it, in one step. @returns where the audit log ends with it */
  async recordEnd(
    run: OpenRun,
    events: RunEvent[],
    end: { result: RunResult; closedAtMs: number; farewell?: Farewell },
  ): Promise<AuditHead | undefined> {
    const { result, closedAtMs, farewell } = end;
    const record = async (): Promise<AuditHead | undefined> => {
      await recordEvents(run, events);
      return closeRun(result, closedAtMs);
    };
    const [head] = await Promise.all([record(), farewell && tell(run.environment, farewell)]);
    return head;
  },
});
