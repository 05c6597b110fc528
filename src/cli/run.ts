import type { Command } from 'commander';
import type { BreakwaterHttpClient, StartedRun, StartOptions } from '../client.ts';
import { durationArgument } from './arguments.ts';
import { withClient } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { show, withOutput, type Format } from './output.ts';
import { plainText } from './plain-text.ts';
import { planFile, withPlanOptions } from './plan.ts';
import type { Planned, PlanOptions } from './planned.ts';
import { planLines } from './plan-view.ts';
import { RunAtApi } from './run-at-api.ts';
import { planAtApi, startAtApi } from './start-at-api.ts';
import { through } from './through.ts';
import { followToEnd } from './watch.ts';
import { runAtTemporal, type WatchedRun } from './watched-run.ts';

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

/** Where a plan is made, and a run is started and watched. */
interface Place {
  plan(): Promise<Planned>;
  /** One connection serves start and watch. */
  open(use: (door: Door) => Promise<number>): Promise<number>;
}

interface Door {
  start(options: StartOptions): Promise<StartedRun>;
  watched(workflowId: string): WatchedRun;
}

async function execute(cli: Cli, file: string, options: RunOptions, place: Place): Promise<number> {
  const planned = await place.plan();
  if (!(await agree(cli, planned, file, options.yes === true))) {
    cli.terminal.err('Not started.\n');
    return EXIT.interrupted;
  }
  const { detach, output } = options;
  return place.open(async ({ start, watched }) => {
    const started = await start(planned.start);
    announce(cli, started);
    if (!detach) return followToEnd(cli, watched(started.workflowId), options);
    show(cli.terminal, output, started, () => [started.workflowId]);
    hint(cli, `Next: breakwater watch ${started.workflowId}`);
    return EXIT.held;
  });
}

const atTemporal = (cli: Cli, file: string, options: RunOptions): Place => ({
  plan: () => planFile(cli, file, options),
  open: (use) =>
    withClient(cli.config(), (client) => {
      const { idempotencyKey, requestedBy } = options;
      return use({
        start: (planned) => client.startExperiment({ ...planned, ...(idempotencyKey !== undefined && { idempotencyKey }) }),
        watched: (workflowId) => runAtTemporal(client, workflowId, requestedBy),
      });
    }),
});

const atApi = (api: BreakwaterHttpClient, file: string, options: RunOptions): Place => ({
  plan: () => planAtApi(api, file, options),
  open: (use) =>
    use({
      start: (planned) => startAtApi(api, planned, options.idempotencyKey),
      watched: (workflowId) => new RunAtApi(api, workflowId),
    }),
});

/** `breakwater run FILE` */
export function run(program: Command, cli: Cli): void {
  withPlanOptions(withOutput(program.command('run')))
    .summary('run an experiment and watch it to its verdict')
    .description(
      'Plans, shows the plan, starts the run and watches it. Ends with an exit code by verdict; the result goes to stdout, progress to stderr.',
    )
    .argument('<file>', 'experiment file, YAML or JSON')
    .option(
      '--idempotency-key <key>',
      'the same key starts the same run once, however often; through the API, 8 to 200 characters, and for the same file, seed and time scale',
    )
    .option('--detach', 'start and return; the exit code says nothing about the verdict')
    .option('--yes', 'do not ask before starting')
    .option('--timeout <duration>', 'stop waiting after this long (exit code 124); the run goes on', durationArgument)
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater run experiment.yaml\n  $ breakwater run experiment.yaml --yes --timeout 30m -o json > result.json\n  $ breakwater run experiment.yaml --yes --detach --idempotency-key build-4711',
    )
    .action(async (file: string, options: RunOptions, command: Command) => {
      const code = await through(cli, command, {
        direct: () => execute(cli, file, options, atTemporal(cli, file, options)),
        api: (api) => execute(cli, file, options, atApi(api, file, options)),
      });
      cli.finish(code);
    });
}
