import type { Command } from 'commander';
import type { Halt } from '../client.ts';
import { factOfLift } from '../domain/audit/facts.ts';
import { utc } from '../report/format.ts';
import { durationArgument, environmentArgument, personArgument, reasonArgument } from './arguments.ts';
import { inTime, withClient } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { haltNow, type HaltActOptions } from './halt-act.ts';
import { HALT_WITHIN_MS, haltsAtApi, liftAtApi } from './halt-at-api.ts';
import { noteInAudit } from './note-in-audit.ts';
import { show, withOutput, type Format } from './output.ts';
import { requireWorkers } from './pollers.ts';
import { table } from './table.ts';
import { through, withApi } from './through.ts';

/** Longest wait for the runs to close, unless said otherwise: a recovery may take minutes. */
const WAIT_MS = 300_000;

/** The options of a command that halts. */
export const withHaltOptions = (command: Command): Command =>
  withApi(withOutput(command))
    .option('--environment <name>', 'only this environment; every one without it', environmentArgument)
    .option('--by <name>', 'who is acting; not through the API', personArgument, userName())
    .option('--reason <text>', 'why', reasonArgument)
    .option(
      '--timeout <duration>',
      'longest wait for the runs to close; what they undo goes on. The API does not wait',
      durationArgument,
      WAIT_MS,
    );

interface LiftOptions {
  output: Format;
  by: string;
  reason: string;
  environment?: string;
}

async function liftAtTemporal(cli: Cli, { by, reason, environment }: LiftOptions): Promise<Record<string, Halt>> {
  const standing = await withClient(cli.config(), async (client) => {
    await requireWorkers(client);
    await inTime(client, () => client.liftHalt(environment, { by, reason }));
    return inTime(client, () => client.halts(environment));
  });
  await noteInAudit(cli, factOfLift(environment, by, reason, Date.now()));
  return standing;
}

function lift(halt: Command, cli: Cli): void {
  withApi(withOutput(halt.command('lift')))
    .summary('let new runs start again')
    .description('Lifts the halt of an environment; without --environment the one of all. What was stopped stays stopped.')
    .option('--environment <name>', 'the halt of this environment', environmentArgument)
    .option('--by <name>', 'who is acting; not through the API', personArgument, userName())
    .requiredOption('--reason <text>', 'why', reasonArgument)
    .action(async (options: LiftOptions, command: Command) => {
      const { output, environment } = options;
      const standing = await through(cli, command, {
        direct: () => liftAtTemporal(cli, options),
        api: (api) => liftAtApi(api, options),
        apiWithinMs: HALT_WITHIN_MS,
      });
      const rest = Object.keys(standing);
      show(cli.terminal, output, { lifted: environment ?? '_all', standing }, () => [
        `Lifted: ${environment ?? 'the halt of every environment'}.`,
        ...rest.map((name) => `Still halted: ${name === '_all' ? 'every environment' : name}`),
      ]);
    });
}

function status(halt: Command, cli: Cli): void {
  withApi(withOutput(halt.command('status')))
    .alias('list')
    .summary('which halts stand')
    .description('Lists the halts that stand, by whom, why and since when. Needs no worker.')
    .option('--environment <name>', 'those that stand for this environment', environmentArgument)
    .action(async ({ output, environment }: { output: Format; environment?: string }, command: Command) => {
      const standing = await through(cli, command, {
        direct: () => withClient(cli.config(), (client) => inTime(client, () => client.halts(environment))),
        api: (api) => haltsAtApi(api, environment),
        apiWithinMs: HALT_WITHIN_MS,
      });
      const rows = Object.entries(standing).map(([name, { kind, by, reason, atMs }]) => [name, kind, utc(atMs).slice(0, 19), by, reason]);
      show(cli.terminal, output, standing, () =>
        rows.length === 0 ? ['No halt stands.'] : table(['ENVIRONMENT', 'KIND', 'SINCE (UTC)', 'BY', 'REASON'], rows),
      );
      if (rows.length > 0) hint(cli, 'Next: breakwater halt lift [--environment NAME] --reason TEXT');
    });
}

/** `breakwater halt`, `halt lift`, `halt status` */
export function halt(program: Command, cli: Cli): void {
  const command = withHaltOptions(program.command('halt').enablePositionalOptions())
    .summary('stop every live run, refuse new ones')
    .description(
      'Stops every live run of an environment, or of all: what they did is undone. New ones are refused until the halt is lifted. Needs no API: where one is set and does not answer, --direct goes straight to Temporal.',
    )
    .option('--incident', 'it has nothing to do with the experiments: the verdict of what is stopped is void', false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater halt --environment staging --reason "customers call"\n  $ breakwater halt lift --environment staging --reason "it was DNS"\n  $ breakwater halt status',
    )
    .action(({ incident, ...options }: HaltActOptions & { incident: boolean }, own: Command) =>
      haltNow(cli, own, incident ? 'incident' : 'halt', options),
    );
  lift(command, cli);
  status(command, cli);
}
