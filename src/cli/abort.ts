import type { Command } from 'commander';
import { reasonArgument } from './arguments.ts';
import type { Cli } from './context.ts';
import { act, actCommand, type ActOptions } from './steering.ts';

/** `breakwater abort RUN` */
export function abort(program: Command, cli: Cli): void {
  actCommand(program, 'abort')
    .summary('end a run; everything is undone')
    .description('Ends a run in any phase. What was begun is undone at once; steady state is checked again.')
    .requiredOption('--reason <text>', 'why', reasonArgument)
    .addHelpText('after', '\nExample:\n  $ breakwater abort RUN --reason "customers call"')
    .action((workflowId: string, _options: ActOptions, command: Command) =>
      act(cli, command, 'abort', workflowId, `Taken. See it undone: breakwater watch ${workflowId}`),
    );
}
