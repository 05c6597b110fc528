import type { Command } from 'commander';
import type { RunState } from '../client.ts';
import { atTemporal, deskAtApi, type Desk, type Given } from './approval-desk.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show } from './output.ts';
import { actCommand, stateLines, withReason, type ActOptions } from './steering.ts';
import { through } from './through.ts';

interface ApproveOptions extends ActOptions {
  digest?: string;
  yes?: boolean;
  breakGlass?: boolean;
  ticket?: string;
}

/** What is approved, after the person has seen it. @throws CliError when it is not what they meant, or nobody can be asked */
async function agreed(
  cli: Cli,
  desk: Desk,
  { digest, yes, breakGlass }: ApproveOptions,
): Promise<Pick<Given, 'digest' | 'awaiting'> | undefined> {
  const { terminal } = cli;
  const state: RunState = await desk.state();
  if (state.awaiting === undefined || state.digest === undefined)
    throw new CliError(EXIT.usage, `Nothing waits for approval: the run is ${state.phase}.`);
  if (digest !== undefined && digest !== state.digest) {
    await desk.noteOther(digest);
    throw new CliError(
      EXIT.usage,
      `Not approved: the run's digest is ${state.digest}, not ${digest}.`,
      'The plan is not the one that you have seen: look at it again.',
    );
  }
  terminal.err(`${stateLines(state).join('\n')}\n`);
  const seen = { digest: state.digest, awaiting: state.awaiting };
  if (yes || digest !== undefined) return seen;
  if (!terminal.isInteractive)
    throw new CliError(EXIT.usage, 'Not approved: nobody is here to be asked.', `Add --digest ${state.digest}, or --yes.`);
  const question = breakGlass ? `Break glass for ${state.awaiting}? Somebody is paged.` : `Approve ${state.awaiting}?`;
  return (await terminal.confirm(question)) ? seen : undefined;
}

/** Why an approval is given. @throws CliError when glass is to be broken without both a reason and a ticket */
function whyOf({ reason, breakGlass, ticket }: ApproveOptions): Pick<Given, 'reason' | 'breakGlass'> {
  if (!breakGlass && ticket === undefined) return reason === undefined ? {} : { reason };
  if (!breakGlass)
    throw new CliError(EXIT.usage, '--ticket belongs to --break-glass.', 'The ticket of a run is in its file: metadata.ticket.');
  if (reason === undefined || ticket === undefined)
    throw new CliError(EXIT.usage, 'Glass is broken for a reason and a ticket only.', 'Add --reason TEXT and --ticket ID.');
  return { breakGlass: { reason, ticket } };
}

async function execute(cli: Cli, workflowId: string, options: ApproveOptions, command: Command): Promise<number> {
  const why = whyOf(options);
  const handIn = async (desk: Desk): Promise<number> => {
    const seen = await agreed(cli, desk, options);
    if (seen === undefined) {
      cli.terminal.err('Not approved.\n');
      return EXIT.interrupted;
    }
    const state = await desk.approve({ ...seen, ...why });
    show(cli.terminal, options.output, state, () => stateLines(state));
    hint(cli, `Next: breakwater watch ${workflowId}`);
    return EXIT.held;
  };
  return through(cli, command, {
    direct: () => atTemporal(cli, workflowId, options.by, handIn),
    api: (api) => handIn(deskAtApi(api, workflowId)),
  });
}

/** `breakwater approve RUN` */
export function approve(program: Command, cli: Cli): void {
  withReason(actCommand(program, 'approve'))
    .summary('approve what a run waits for')
    .description(
      'Shows what a run waits for and approves it. An approval is bound to the digest of the plan. Through the API (--api, BREAKWATER_API_URL) it is signed, and who approves is who is authenticated (breakwater login, or BREAKWATER_API_IDENTITY); without, Temporal is asked, and it is a claim, which counts only where the control workers verify no signatures.',
    )
    .option('--digest <sha256>', 'the digest that you have seen in the plan; refused when the run has another')
    .option(
      '--break-glass',
      'stand for every approval that is missing: needs the role break-glass, --reason and --ticket, and pages somebody',
    )
    .option('--ticket <id>', 'incident or change for which glass is broken')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater approve RUN\n  $ breakwater approve RUN --digest 3f2a… --api https://breakwater.example.com\n  $ breakwater approve RUN --break-glass --reason "failover must be proven tonight" --ticket INC-7',
    )
    .action(async (workflowId: string, options: ApproveOptions, command: Command) => {
      cli.finish(await execute(cli, workflowId, options, command));
    });
}
