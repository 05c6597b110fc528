import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { act, actCommand, withReason, type ActOptions } from './steering.ts';

/** `breakwater reject RUN` */
export function reject(program: Command, cli: Cli): void {
  withReason(actCommand(program, 'reject'))
    .summary('refuse what a run waits for')
    .description('Refuses what a run waits for; it ends as denied.')
    .addHelpText('after', '\nExample:\n  $ breakwater reject RUN --reason "not this week"')
    .action((workflowId: string, _options: ActOptions, command: Command) =>
      act(cli, command, 'reject', workflowId, `Next: breakwater show ${workflowId}`),
    );
}
