import type { BreakwaterClient, RunResult } from '../../client.ts';
import { duration } from '../../report/format.ts';
import { awaitVerdict } from '../await-verdict.ts';
import { inTime } from '../connect.ts';
import { hint, type Cli } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { failureOf } from '../failure.ts';
import { follow } from '../follow.ts';
import { plainText } from '../plain-text.ts';
import { planFile } from '../plan.ts';
import type { PlanOptions } from '../planned.ts';
import { runAtTemporal } from '../watched-run.ts';
import type { Chosen } from './choose.ts';

/** Longest wait for the undo of a run that took too long. */
const ABORTED_WITHIN_MS = 120_000;

/** What became of one experiment. */
export interface Played {
  chosen: Chosen;
  exitCode: number;
  /** The one sentence, when there is no verdict. */
  reason: string;
  /** Absent: it was not started. */
  workflowId?: string;
  /** Absent: it did not end by itself. */
  result?: RunResult;
}

export interface PlayOptions extends PlanOptions {
  /** Longest time of one run, milliseconds; then it is aborted, which undoes it. */
  timeout: number;
}

/** Ends a run that nobody will wait for any longer, and waits until it is undone. */
async function abort(client: BreakwaterClient, workflowId: string, by: string, reason: string): Promise<RunResult> {
  await inTime(client, () => client.abort(workflowId, { by, reason }));
  return awaitVerdict(client, workflowId, AbortSignal.timeout(ABORTED_WITHIN_MS));
}

async function start(cli: Cli, client: BreakwaterClient, chosen: Chosen, options: PlayOptions): Promise<Played> {
  const { result: planned, start: asked } = await planFile(cli, chosen.file, options);
  if (!planned.gates.open) return { chosen, exitCode: EXIT.denied, reason: `not started: ${planned.gates.rule}: ${planned.gates.reason}` };
  const { workflowId } = await client.startExperiment(asked);
  hint(cli, `Run ${plainText(workflowId)} of ${chosen.file}`);
  const { requestedBy: by, timeout } = options;
  try {
    const ending = await follow(cli, runAtTemporal(client, workflowId, by), { timeoutMs: timeout });
    const { exitCodeOf } = await import('../../client.ts');
    if (ending.kind === 'closed')
      return { chosen, workflowId, result: ending.result, exitCode: exitCodeOf(ending.result), reason: ending.result.reason };
    const [exitCode, reason] =
      ending.kind === 'timed-out'
        ? [EXIT.timedOut, `no verdict within ${duration(timeout)}`]
        : [EXIT.interrupted, 'the job was interrupted'];
    const result = await abort(client, workflowId, by, reason);
    return { chosen, workflowId, result, exitCode: result.leftovers.length > 0 ? EXIT.leftover : exitCode, reason };
  } catch (error) {
    return { chosen, workflowId, ...failureOf(error) };
  }
}

/** Runs one experiment to its verdict. Never throws: what went wrong is told. */
export const play = (cli: Cli, client: BreakwaterClient, chosen: Chosen, options: PlayOptions): Promise<Played> =>
  start(cli, client, chosen, options).catch((error: unknown) => ({ chosen, ...failureOf(error) }));
