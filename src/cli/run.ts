import type { Command } from 'commander';
import type { StartedRun } from '../client.ts';
import { durationArgument } from './arguments.ts';
import { withClient } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { plainText } from './plain-text.ts';
import { planFile, withPlanOptions, type Planned, type PlanOptions } from './plan.ts';
import { planLines } from './plan-view.ts';
import { followToEnd } from './watch.ts';

interface RunOptions extends PlanOptions {
  output: Format;
  idempotencyKey?: string;
  detach?: boolean;
  yes?: boolean;
  timeout?: number;
}

/** Shows the plan and gets a yes. @returns false when the person said no */
async function agree(cli: Cli, { result, reserved }: Planned, file: string, isAgreed: boolean): Promise<boolean> {
  const { terminal } = cli;
  terminal.err(`${planLines(result, terminal.paint, reserved).join('\n')}\n\n`);
  const { gates } = result;
  if (!gates.open) throw new CliError(EXIT.denied, `Not started: ${gates.rule}: ${gates.reason}`);
  if (isAgreed) return true;
  if (!terminal.isInteractive)
    throw new CliError(EXIT.usage, 'Not started: nobody is here to be asked.', `Add --yes: breakwater run ${file} --yes`);
  return (await terminal.confirm('Run it?')) === true;
}

/** Tells how the run is called, before anything else can go wrong. */
function announce(cli: Cli, { workflowId, alreadyStarted }: StartedRun): void {
  const said = alreadyStarted ? 'was started before with this key' : 'started';
  cli.terminal.err(`Run ${plainText(workflowId)} ${said}\n`);
}

async function execute(cli: Cli, file: string, options: RunOptions): Promise<number> {
  const planned = await planFile(cli, file, options);
  if (!(await agree(cli, planned, file, options.yes === true))) {
    cli.terminal.err('Not started.\n');
    return EXIT.interrupted;
  }
  const { idempotencyKey, detach, timeout, requestedBy, output } = options;
  return withClient(cli.config(), async (client) => {
    const started = await client.startExperiment({ ...planned.start, ...(idempotencyKey !== undefined && { idempotencyKey }) });
    announce(cli, started);
    if (!detach)
      return followToEnd(cli, client, started.workflowId, {
        by: requestedBy,
        output,
        ...(timeout !== undefined && { timeoutMs: timeout }),
      });
    show(cli.terminal, output, started, () => [started.workflowId]);
    hint(cli, `Next: breakwater watch ${started.workflowId}`);
    return EXIT.held;
  });
}

/** `breakwater run FILE` */
export function run(program: Command, cli: Cli): void {
  withPlanOptions(withOutput(program.command('run')))
    .summary('run an experiment and watch it to its verdict')
    .description(
      'Plans, shows the plan, starts the run and watches it. Ends with an exit code by verdict; the result goes to stdout, progress to stderr.',
    )
    .argument('<file>', 'experiment file, YAML or JSON')
    .option('--idempotency-key <key>', 'the same key starts the same run once, however often')
    .option('--detach', 'start and return; the exit code says nothing about the verdict')
    .option('--yes', 'do not ask before starting')
    .option('--timeout <duration>', 'stop waiting after this long (exit code 124); the run goes on', durationArgument)
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater run experiment.yaml\n  $ breakwater run experiment.yaml --yes --timeout 30m -o json > result.json\n  $ breakwater run experiment.yaml --yes --detach --idempotency-key build-4711',
    )
    .action(async (file: string, options: RunOptions) => {
      cli.finish(await execute(cli, file, options));
    });
}
