import { activityInfo, ApplicationFailure, getClient, log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import * as z from 'zod';
import { Name } from '../domain/experiment/metadata.ts';
import { LEDGER } from '../domain/ledger/names.ts';
import type { LedgerRow, RunFate, SweepInput, SweepRow } from '../domain/sweep.ts';
import type { ControlPorts } from './ports.ts';

/** The update by which a ledger is asked to look now whether its holders live. One that does not know it is left as it is. */
export const SWEEP_UPDATE = 'sweep';
const LEDGER_ANSWERS_WITHIN_MS = 5_000;
const MAX_LEDGERS = 200;

/** Sites of runs that began this long ago are still asked, milliseconds: no lease lives longer. */
const SITES_SINCE_MS = 30 * 86_400_000;
/** So many questions are asked at the same time. */
const AT_ONCE = 20;

const Input = z.strictObject({ sites: z.array(Name).max(200).optional(), act: z.boolean().default(true) });

/** Temporal's word for a run's state, in ours. */
export function fateOf(status: string): RunFate {
  if (status === 'RUNNING' || status === 'PAUSED' || status === 'CONTINUED_AS_NEW') return 'running';
  if (status === 'TERMINATED') return 'terminated';
  return ['COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT'].includes(status) ? 'closed' : 'unknown';
}

async function describe(client: Client, workflowId: string): Promise<RunFate> {
  try {
    return fateOf((await client.workflow.getHandle(workflowId).describe()).status.name);
  } catch (error) {
    return error instanceof Error && error.name === 'WorkflowNotFoundError' ? 'not-found' : 'unknown';
  }
}

async function inBatches<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) answers.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(ask))));
  return answers;
}

async function askLedger(client: Client, ledger: string): Promise<LedgerRow> {
  try {
    const said: unknown = await client.withDeadline(Date.now() + LEDGER_ANSWERS_WITHIN_MS, () =>
      client.workflow.getHandle(ledger).executeUpdate(SWEEP_UPDATE, { args: [] }),
    );
    return { ledger, said: typeof said === 'string' ? said : (JSON.stringify(said) ?? 'done') };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { ledger, said: `did not look after its holders: ${cause instanceof Error ? cause.message : String(cause)}`.slice(0, 500) };
  }
}

/** Creates the janitor's activities beside the workflow. */
export const createJanitorial = ({ records, nowMs, sites: own = [] }: Pick<ControlPorts, 'records' | 'nowMs' | 'sites'>) => ({
  /** @throws ApplicationFailure InvalidInput when somebody asked for something that is no sweep */
  async planSweep(input?: SweepInput): Promise<Required<SweepInput>> {
    const parsed = Input.safeParse(input ?? {});
    if (!parsed.success)
      throw ApplicationFailure.nonRetryable(`the janitor takes { sites?, act? }: ${z.prettifyError(parsed.error)}`, 'InvalidInput');
    const { sites, act } = parsed.data;
    if (sites) return { sites: [...new Set(sites)], act };
    const recorded = await records.sites(nowMs() - SITES_SINCE_MS).catch((cause: unknown) => {
      log.warn('the records do not tell which sites there are; only the configured ones are asked', { cause: String(cause) });
      return [];
    });
    return { sites: [...new Set([...own, ...recorded])].sort(), act };
  },

  /** Whether the runs live. Whatever Temporal does not tell is unknown. */
  async tellRuns(workflowIds: string[]): Promise<Record<string, RunFate>> {
    const client = getClient();
    return Object.fromEntries(await inBatches(workflowIds, async (id) => [id, await describe(client, id)] as const));
  },

  /** Writes what was done about leases to their runs' records. @returns the keys whose run has no record, or none that answers */
  async recordSweep(rows: SweepRow[]): Promise<string[]> {
    const missing: string[] = [];
    for (const { lease, site, outcome, why, fate } of rows) {
      if (!lease) continue;
      const { key, workflowId, ...rest } = lease;
      const event = { key: `janitor/${outcome}/${key}`, atMs: nowMs(), kind: 'janitor', data: { key, site, outcome, why, fate, ...rest } };
      await records.appendEvents(workflowId, [event]).catch((cause: unknown) => {
        missing.push(key);
        log.error('what the janitor did could not be recorded', { key, outcome, why, cause: String(cause) });
      });
    }
    return missing;
  },

  /** Asks every living ledger of this task queue to look after its holders. */
  async sweepLedgers(): Promise<LedgerRow[]> {
    const client = getClient();
    const ids: string[] = [];
    const query = `WorkflowType = '${LEDGER}' AND ExecutionStatus = 'Running' AND TaskQueue = '${activityInfo().taskQueue}'`;
    for await (const { workflowId } of client.workflow.list({ query })) {
      ids.push(workflowId);
      if (ids.length === MAX_LEDGERS) break;
    }
    return inBatches(ids, (id) => askLedger(client, id));
  },
});
