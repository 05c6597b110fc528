import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { act, actCommand, withReason, type ActOptions } from './steering.ts';

/** `breakwater resume RUN` */
export function resume(program: Command, cli: Cli): void {
  withReason(actCommand(program, 'resume'))
    .summary('go on after a pause')
    .description('Goes on after a pause, with a fresh baseline.')
    .addHelpText('after', '\nExample:\n  $ breakwater resume RUN')
    .action((workflowId: string, _options: ActOptions, command: Command) =>
      act(cli, command, 'resume', workflowId, `Next: breakwater watch ${workflowId}`),
    );
}
