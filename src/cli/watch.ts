import type { Command } from 'commander';
import { durationArgument, personArgument } from './arguments.ts';
import { inTime, withClient } from './connect.ts';
import { hint, userName, type Cli } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { follow } from './follow.ts';
import { show, withOutput, type Format } from './output.ts';
import { resultLines } from './result-view.ts';
import { RunAtApi } from './run-at-api.ts';
import { through, withApi } from './through.ts';
import { runAtTemporal, type WatchedRun } from './watched-run.ts';

/** Longest wait in milliseconds, and how the result is written. */
interface FollowToEndOptions {
  output: Format;
  timeout?: number;
}

/** Watches, shows the result on stdout, and tells what to do next. @returns the exit code */
export async function followToEnd(cli: Cli, run: WatchedRun, { output, timeout }: FollowToEndOptions): Promise<number> {
  const { terminal } = cli;
  const { workflowId } = run;
  const ending = await follow(cli, run, timeout === undefined ? {} : { timeoutMs: timeout });
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
  withApi(withOutput(program.command('watch')))
    .summary('watch a run to its verdict')
    .description(
      'Watches a run: wave, phase, victims, signals against their limits, events. Ends with an exit code by verdict. Ctrl-C asks: detach or abort. Through the API, the signals are not told.',
    )
    .argument('<run>', 'id of the run')
    .option('--timeout <duration>', 'stop waiting after this long (exit code 124); the run goes on', durationArgument)
    .option('--by <name>', 'who aborts it, if so', personArgument, userName())
    .addHelpText(
      'after',
      '\nExamples:\n  $ breakwater watch kill.payment-worker.staging.20261123-2010.k7f2\n  $ breakwater watch RUN --timeout 10m -o json',
    )
    .action(async (workflowId: string, { by, ...options }: FollowToEndOptions & { by: string }, command: Command) => {
      const code = await through(cli, command, {
        direct: () =>
          withClient(cli.config(), async (client) => {
            await inTime(client, () => client.live(workflowId)); // a wrong id is told at once
            return followToEnd(cli, runAtTemporal(client, workflowId, by), options);
          }),
        api: async (api) => {
          await api.run(workflowId); // the same
          return followToEnd(cli, new RunAtApi(api, workflowId), options);
        },
      });
      cli.finish(code);
    });
}
