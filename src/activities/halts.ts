import { activityInfo, getClient, heartbeat, sleep } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { AuditFact } from '../domain/audit/entry.ts';
import { factAbout } from '../domain/audit/facts.ts';
import { EVERYWHERE, HALT_MEMO, ledgerId } from '../domain/ledger/names.ts';
import { readHalt } from '../domain/ledger/read.ts';
import { runningExperiments } from '../domain/ledger/visibility.ts';
import type { Halt } from '../domain/run.ts';
import { noteInAudit } from './audit.ts';
import type { ControlPorts } from './ports.ts';

/** Lists lag behind starts: a run that began just before the halt is found by a later look. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 1_000;
const SIGNALS_AT_ONCE = 20;

/** Whether somebody's run lives, as far as can be seen. */
export interface Liveness {
  holder: string;
  is: 'running' | 'gone' | 'unknown';
}

/** The halt in a ledger's memo; it is read without a worker, and also from a ledger that was terminated: a halt outlives it. */
async function haltOf(environment: string): Promise<Halt | undefined> {
  try {
    const { memo } = await getClient().workflow.getHandle(ledgerId(environment, activityInfo().taskQueue)).describe();
    const read = readHalt(memo?.[HALT_MEMO], Number.MAX_SAFE_INTEGER);
    return read.ok ? read.value : undefined;
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) return undefined;
    throw cause;
  }
}

/**
 * The halt that stands for an environment, its own or that of all.
 * @throws when Temporal does not answer: unknown is not "no"
 */
export async function haltIn(environment: string): Promise<Halt | undefined> {
  const [everywhere, here] = await Promise.all([haltOf(EVERYWHERE), haltOf(environment)]);
  return everywhere ?? here;
}

async function isRunning(holder: string): Promise<Liveness> {
  try {
    const { status } = await getClient().workflow.getHandle(holder).describe();
    return { holder, is: status.name === 'RUNNING' || status.name === 'PAUSED' ? 'running' : 'gone' };
  } catch (cause) {
    return { holder, is: cause instanceof WorkflowNotFoundError ? 'gone' : 'unknown' };
  }
}

/** A halt on its way to the runs. */
export interface Stop {
  halt: Halt;
  /** Runs that the ledger knows. */
  known: string[];
  /** Whoever halted tells the runs, too: so long the ledger leaves it to them, because a run that is told twice undoes later. */
  afterMs: number;
  /** Since when the halt can be seen at the gates, epoch milliseconds. */
  takenMs: number;
  /** Absent: every environment. */
  environment?: string;
}

const factOfHalt = ({ kind, by, reason, atMs }: Halt, environment = EVERYWHERE): AuditFact =>
  factAbout(`environment:${environment}`, kind, { key: `halt/${environment}/${atMs}`, atMs, actor: by, reason });

/** Creates the activities by which a ledger reaches the runs. */
export const createHalts = ({ records }: Pick<ControlPorts, 'records'>) => ({
  /** Whose runs are alive. Whoever cannot be judged is `unknown`. */
  whoRuns: (holders: string[]): Promise<Liveness[]> => Promise.all(holders.map(isRunning)),

  /** Brings a halt to every run of the environment, or of all, that was live when it was taken: whoever starts later meets it at the gates. */
  async stopRuns({ halt, known, afterMs, takenMs, environment }: Stop): Promise<number> {
    const { workflow } = getClient();
    const noted = noteInAudit(records, factOfHalt(halt, environment));
    const told = new Set<string>();
    const tell = async (ids: readonly string[]): Promise<void> => {
      const fresh = ids.filter((id) => !told.has(id));
      for (let i = 0; i < fresh.length; i += SIGNALS_AT_ONCE) {
        await Promise.all(
          fresh.slice(i, i + SIGNALS_AT_ONCE).map(async (id) => {
            await workflow.getHandle(id).signal('halted', halt).catch(ignoreGone);
            told.add(id);
          }),
        );
        heartbeat();
      }
    };
    await sleep(afterMs);
    await tell(known);
    for (let look = 1; look <= LOOKS; look++) {
      if (look > 1) await sleep(LOOK_AGAIN_MS);
      const found: string[] = [];
      for await (const { workflowId, startTime } of workflow.list({ query: runningExperiments(activityInfo().taskQueue, environment) }))
        if (startTime.getTime() <= takenMs) found.push(workflowId);
      await tell(found);
    }
    await noted;
    return told.size;
  },
});

function ignoreGone(cause: unknown): void {
  if (!(cause instanceof WorkflowNotFoundError)) throw cause;
}
