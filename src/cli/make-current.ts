import type { Command } from 'commander';
import { durationArgument } from './arguments.ts';
import { withClient } from './connect.ts';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';

interface MakeCurrentOptions {
  within: number;
  unversioned?: boolean;
}

/** `breakwater make-current` */
export function makeCurrent(program: Command, cli: Cli): void {
  program
    .command('make-current')
    .summary('give work to the control workers of a version')
    .description(
      'Makes BREAKWATER_BUILD_ID the current version of the control workers in Temporal’s worker versioning, once a worker of it polls. Runs under way move to it. Exit code 7 when none polls in time.',
    )
    .option('--within <duration>', 'how long a worker of that version is waited for', durationArgument, 300_000)
    .option('--unversioned', 'workers without a build id get all work again: the way back')
    .addHelpText('after', '\nExamples:\n  $ BREAKWATER_BUILD_ID=0.2.0 breakwater make-current\n  $ breakwater make-current --within 30s')
    .action(async ({ within, unversioned = false }: MakeCurrentOptions) => {
      const { buildId: own, taskQueue } = cli.config();
      const buildId = unversioned ? undefined : own;
      if (!unversioned && own === undefined)
        throw new CliError(EXIT.usage, 'BREAKWATER_BUILD_ID is not set: nothing says which version.', 'Set it as the workers have it.');
      const what = `Version ${buildId ?? '(none)'} of deployment ${taskQueue}`;
      await withClient(cli.config(), (client) => client.makeCurrent(buildId, within)).catch((cause: unknown) => {
        if (cause instanceof CliError) throw cause;
        throw new CliError(
          EXIT.platform,
          `${what} did not become the current one: ${cause instanceof Error ? cause.message : String(cause)}`,
          'Does a control worker with this BREAKWATER_BUILD_ID run, and may this identity write to the namespace?',
          { cause },
        );
      });
      hint(cli, `${what} is the current one.`);
    });
}
