import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { act, actCommand, withReason, type ActOptions } from './steering.ts';

/** `breakwater pause RUN` */
export function pause(program: Command, cli: Cli): void {
  withReason(actCommand(program, 'pause'))
    .summary('undo a live fault and let nothing new begin')
    .description(
      'Lets nothing new begin and undoes at once what can be undone; a kill that was carried out is watched to its end. `resume` measures the baseline afresh and repeats what was interrupted on the same victims.',
    )
    .addHelpText('after', '\nExample:\n  $ breakwater pause RUN --reason "deployment"')
    .action((workflowId: string, _options: ActOptions, command: Command) =>
      act(cli, command, 'pause', workflowId, `Next: breakwater resume ${workflowId}`),
    );
}
