import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { commands } from './commands.ts';
import type { Cli } from './context.ts';
import { EXIT_CODE_HELP } from './exit-codes.ts';
import { reportFailure } from './failure.ts';

/** `package.json` is two folders up, in the source tree as in a build. */
function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

const ENVIRONMENT_HELP = `Environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE (and what else Temporal's CLI reads), BREAKWATER_DATABASE_URL, NO_COLOR
or, for the commands that have --api: BREAKWATER_API_URL, BREAKWATER_API_IDENTITY`;

/** The whole command line. Throws CommanderError instead of ending the process. */
export function createProgram(cli: Cli, versionText = version()): Command {
  const { terminal } = cli;
  const program = new Command('breakwater')
    .description('Process killing as a disciplined resilience practice: experiments with a hypothesis, gated waves and a verdict.')
    .version(versionText, '-V, --version', 'print the version')
    .exitOverride()
    .enablePositionalOptions() // `halt lift --reason …`: options belong to the command that they follow
    .showHelpAfterError('(--help tells more)')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .addHelpText('after', `\n${EXIT_CODE_HELP}\n${ENVIRONMENT_HELP}`);
  for (const [heading, group] of commands) {
    program.commandsGroup(heading);
    for (const register of group) register(program, cli);
  }
  return program;
}

/** Runs one command line and gives its exit code to `cli.finish`. Never throws. */
export async function runProgram(args: readonly string[], cli: Cli): Promise<void> {
  try {
    await createProgram(cli).parseAsync([...args], { from: 'user' });
  } catch (error) {
    cli.finish(reportFailure(error, cli.terminal, cli.env));
  }
}
