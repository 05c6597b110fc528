import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { act, actCommand, actOf, withReason, type ActOptions } from './steering.ts';

/** `breakwater pause RUN` */
export function pause(program: Command, cli: Cli): void {
  withReason(actCommand(program, 'pause'))
    .summary('let nothing new begin')
    .description('Lets nothing new begin. A live fault is undone on time.')
    .addHelpText('after', '\nExample:\n  $ breakwater pause RUN --reason "deployment"')
    .action((workflowId: string, options: ActOptions) =>
      act(cli, options, `Next: breakwater resume ${workflowId}`, (client) => client.pause(workflowId, actOf(options))),
    );
}
