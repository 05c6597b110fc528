import type { Command } from 'commander';
import type { Act, BreakwaterClient, RunState } from '../client.ts';
import { isOnRecord, refusalOf, type Steer } from '../client/steering.ts';
import { describeApproved, describeRules } from '../domain/approval.ts';
import { factOfRefusedAct } from '../domain/audit/facts.ts';
import { describeQueued } from '../domain/run.ts';
import { personArgument, reasonArgument } from './arguments.ts';
import { inTime, withClient } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { noteInAudit } from './note-in-audit.ts';
import { show, withOutput, type Format } from './output.ts';
import { requireWorkers } from './pollers.ts';
import { facts } from './table.ts';
import { through, withApi } from './through.ts';

/** The API asks Temporal twice, for 8 s each. */
const API_ACTS_WITHIN_MS = 20_000;

/** Options of every command that acts on a run. */
export interface ActOptions {
  output: Format;
  by: string;
  reason?: string;
}

/** A command that acts on a run, with the options that they share. */
export const actCommand = (program: Command, name: string): Command =>
  withApi(withOutput(program.command(name)))
    .argument('<run>', 'id of the run')
    .option('--by <name>', 'who is acting; not through the API', personArgument, userName());

/** Adds `--reason`. */
export const withReason = (command: Command): Command => command.option('--reason <text>', 'why', reasonArgument);

export const actOf = ({ by, reason }: ActOptions): Act => ({ by, ...(reason !== undefined && { reason }) });

/** The state of a run in a few lines. */
export const stateLines = (state: RunState): string[] =>
  facts([
    ['Run', state.workflowId],
    ['Experiment', state.experiment],
    ['Phase', state.phase],
    ['Wave', state.wave],
    ['Digest', state.digest],
    [
      'Awaits',
      state.awaiting === undefined ? undefined : `approval of ${state.awaiting}: ${state.approvals.length} of ${state.approvalsRequired}`,
    ],
    ['Approve', state.awaitingFor && describeApproved(state.awaitingFor)],
    ['Approvals', state.asking && describeRules(state.asking)],
    ['Glass', state.breakGlass && `broken by ${state.breakGlass.by} (${state.breakGlass.ticket}): ${state.breakGlass.reason}`],
    ['Waits', state.queued && describeQueued(state.queued)],
    ['Paused by', state.paused?.by],
    ['Aborted by', state.aborted?.by],
    ['Rejected by', state.rejected?.by],
  ]);

/** Sends an act. One that the run refuses at the door leaves no trace in Temporal: it is noted in the audit log. */
export async function sendAct(cli: Cli, client: BreakwaterClient, name: Steer, workflowId: string, act: Act): Promise<RunState> {
  try {
    return await inTime(client, () => client[name](workflowId, act));
  } catch (error) {
    const why = refusalOf(error);
    if (why !== undefined && !isOnRecord(error)) await noteInAudit(cli, factOfRefusedAct(name, workflowId, act.by, why, Date.now()));
    throw error;
  }
}

/** Acts on a run in bounded time, shows its state afterwards and what to do next. */
export async function act(cli: Cli, command: Command, name: Exclude<Steer, 'approve'>, workflowId: string, next: string): Promise<void> {
  const options = command.opts<ActOptions>();
  const { by: _claim, ...why } = actOf(options);
  const state = await through(cli, command, {
    direct: () =>
      withClient(cli.config(), async (client) => {
        await requireWorkers(client);
        return sendAct(cli, client, name, workflowId, actOf(options));
      }),
    api: (api) => api[name](workflowId, why),
    apiWithinMs: API_ACTS_WITHIN_MS,
  });
  show(cli.terminal, options.output, state, () => stateLines(state));
  hint(cli, next);
}
