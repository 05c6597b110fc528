import type { Command } from 'commander';
import { CliError, EXIT } from './exit-codes.ts';
import type { Cli } from './context.ts';
import { withHaltOptions } from './halt.ts';
import { haltNow, type HaltActOptions } from './halt-act.ts';

/** `breakwater incident` */
export function incident(program: Command, cli: Cli): void {
  withHaltOptions(program.command('incident'))
    .summary('halt an environment because of an unrelated incident')
    .description(
      'As `halt`, for an incident that has nothing to do with the experiments: what it stops gets the verdict void. `halt lift` ends it.',
    )
    .addHelpText('after', '\nExample:\n  $ breakwater incident --environment production --reason "a region is down"')
    .action(async (options: HaltActOptions, command: Command) => {
      if (options.environment === undefined)
        throw new CliError(EXIT.usage, 'Which environment? Write --environment <name>; `breakwater halt --incident` stops every one.');
      await haltNow(cli, command, 'incident', options);
    });
}
