import type { Command } from 'commander';
import type { RunState } from '../client.ts';
import { factOfRefusedAct } from '../domain/audit/facts.ts';
import { inTime, withClient } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { noteInAudit } from './note-in-audit.ts';
import { show } from './output.ts';
import { requireWorkers } from './pollers.ts';
import { actCommand, actOf, sendAct, stateLines, withReason, type ActOptions } from './steering.ts';

interface ApproveOptions extends ActOptions {
  digest?: string;
  yes?: boolean;
}

/** What is approved, after the person has seen it. @throws CliError when it is not what they meant, or nobody can be asked */
async function agreedDigest(cli: Cli, state: RunState, { digest, yes, by }: ApproveOptions): Promise<string | undefined> {
  const { terminal } = cli;
  if (state.awaiting === undefined || state.digest === undefined)
    throw new CliError(EXIT.usage, `Nothing waits for approval: the run is ${state.phase}.`);
  if (digest !== undefined && digest !== state.digest) {
    await noteInAudit(cli, factOfRefusedAct('approve', state.workflowId, by, `another digest: ${digest}`, Date.now()));
    throw new CliError(
      EXIT.usage,
      `Not approved: the run's digest is ${state.digest}, not ${digest}.`,
      'The plan is not the one that you have seen: look at it again.',
    );
  }
  terminal.err(`${stateLines(state).join('\n')}\n`);
  if (yes || digest !== undefined) return state.digest;
  if (!terminal.isInteractive)
    throw new CliError(EXIT.usage, 'Not approved: nobody is here to be asked.', `Add --digest ${state.digest}, or --yes.`);
  return (await terminal.confirm(`Approve ${state.awaiting}?`)) ? state.digest : undefined;
}

async function execute(cli: Cli, workflowId: string, options: ApproveOptions): Promise<number> {
  return withClient(cli.config(), async (client) => {
    await requireWorkers(client);
    const digest = await agreedDigest(cli, await inTime(client, () => client.status(workflowId)), options);
    if (digest === undefined) {
      cli.terminal.err('Not approved.\n');
      return EXIT.interrupted;
    }
    const state = await sendAct(cli, client, 'approve', workflowId, { ...actOf(options), digest });
    show(cli.terminal, options.output, state, () => stateLines(state));
    hint(cli, `Next: breakwater watch ${workflowId}`);
    return EXIT.held;
  });
}

/** `breakwater approve RUN` */
export function approve(program: Command, cli: Cli): void {
  withReason(actCommand(program, 'approve'))
    .summary('approve what a run waits for')
    .description('Shows what a run waits for and approves it. An approval is bound to the digest of the plan.')
    .option('--digest <sha256>', 'the digest that you have seen in the plan; refused when the run has another')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExamples:\n  $ breakwater approve RUN\n  $ breakwater approve RUN --digest 3f2a… --by alice')
    .action(async (workflowId: string, options: ApproveOptions) => {
      cli.finish(await execute(cli, workflowId, options));
    });
}
