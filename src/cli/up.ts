import type { Command } from 'commander';
import { hint, type Cli } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Where the sandbox of this folder keeps its things. Its own settings must not hide it, so a given Temporal is ignored. */
const sandboxHome = (cli: Cli): string => cli.config().homeDir;

/** `breakwater up` */
export function up(program: Command, cli: Cli): void {
  program
    .command('up')
    .summary('start a sandbox in the background')
    .description(
      'Starts Temporal, PostgreSQL with a replica, the payments system and a Breakwater worker on this machine, in the background. Commands in this folder then use it.',
    )
    .addHelpText('after', '\nExample:\n  $ breakwater up\n  $ breakwater plan examples/payment-worker.yaml\n  $ breakwater down')
    .action(async () => {
      const homeDir = sandboxHome(cli);
      const { findSandbox, SANDBOX_PORTS, startSandbox } = await import('../sandbox/sandbox.ts');
      const { writeSandboxEnv } = await import('../sandbox/env-file.ts');
      const found = await findSandbox(homeDir);
      if (found.parts.length > 0)
        throw new CliError(
          EXIT.usage,
          `A sandbox runs already in ${homeDir}: ${found.parts.map(({ name }) => name).join(', ')}.`,
          'Use it, or end it with `breakwater down`.',
        );
      const sandbox = await startSandbox({
        homeDir,
        detached: true,
        log: (line) => {
          cli.terminal.err(`${line}\n`);
        },
      });
      await writeSandboxEnv(homeDir, sandbox.env);
      const lines = [
        `Temporal      ${sandbox.temporal.address}`,
        ...(sandbox.temporal.uiUrl === undefined ? [] : [`Temporal Web  ${sandbox.temporal.uiUrl}`]),
        `PostgreSQL    127.0.0.1:${SANDBOX_PORTS.postgres} (its address with password is in ${homeDir}/sandbox/env.json)`,
        `payments      ${sandbox.payments.gatewayUrl}, supervisor ${sandbox.payments.supervisorUrl}`,
        `worker        pid ${sandbox.worker.record.pid}`,
      ];
      cli.terminal.out(`${lines.join('\n')}\n`);
      hint(cli, 'Next: breakwater plan examples/payment-worker.yaml; breakwater down ends it');
      cli.finish(EXIT.held);
    });
}
