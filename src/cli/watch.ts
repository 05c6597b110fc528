import type { Command } from 'commander';
import type { BreakwaterClient } from '../client.ts';
import { durationArgument, personArgument } from './arguments.ts';
import { inTime, withClient } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { follow, type FollowOptions } from './follow.ts';
import { show, withOutput, type Format } from './output.ts';
import { resultLines } from './result-view.ts';

/** Watches, shows the result on stdout, and tells what to do next. @returns the exit code */
export async function followToEnd(
  cli: Cli,
  client: BreakwaterClient,
  workflowId: string,
  { output, ...options }: FollowOptions & { output: Format },
): Promise<number> {
  const { terminal } = cli;
  const ending = await follow(cli, client, workflowId, options);
  if (ending.kind === 'closed') {
    const { exitCodeOf } = await import('../client.ts');
    show(terminal, output, ending.result, () => resultLines(ending.result, terminal.paint));
    hint(cli, `Next: breakwater report ${workflowId}`);
    return exitCodeOf(ending.result);
  }
  const why = ending.kind === 'timed-out' ? 'The time to wait is up' : 'Detached';
  terminal.err(`${why}; run ${workflowId} goes on.\n`);
  hint(cli, `Watch it: breakwater watch ${workflowId}\nEnd it:   breakwater abort ${workflowId} --reason WHY`);
  return ending.kind === 'timed-out' ? EXIT.timedOut : EXIT.interrupted;
}

/** `breakwater watch RUN` */
export function watch(program: Command, cli: Cli): void {
  withOutput(program.command('watch'))
    .summary('watch a run to its verdict')
    .description(
      'Watches a run: wave, phase, victims, signals against their limits, events. Ends with an exit code by verdict. Ctrl-C asks: detach or abort.',
    )
    .argument('<run>', 'id of the run')
    .option('--timeout <duration>', 'stop waiting after this long (exit code 124); the run goes on', durationArgument)
    .option('--by <name>', 'who aborts it, if so', personArgument, userName())
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater watch kill.payment-worker.staging.20261123-2010.k7f2\n  $ breakwater watch RUN --timeout 10m -o json',
    )
    .action(async (workflowId: string, { output, timeout, by }: { output: Format; timeout?: number; by: string }) => {
      const code = await withClient(cli.config(), async (client) => {
        await inTime(client, () => client.live(workflowId)); // a wrong id is told at once
        return followToEnd(cli, client, workflowId, { by, output, ...(timeout !== undefined && { timeoutMs: timeout }) });
      });
      cli.finish(code);
    });
}
