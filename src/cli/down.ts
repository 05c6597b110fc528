import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { EXIT } from './exit-codes.ts';

/** `breakwater down` */
export function down(program: Command, cli: Cli): void {
  program
    .command('down')
    .summary('end the sandbox of this folder')
    .description(
      'Ends everything that `breakwater up` or `make demo KEEP=1` left running in this folder. Exactly those processes: a pid that was reused is left alone. The data stay.',
    )
    .action(async () => {
      const { homeDir } = cli.config();
      const { findSandbox } = await import('../sandbox/sandbox.ts');
      const { removeSandboxEnv } = await import('../sandbox/env-file.ts');
      const { parts } = await findSandbox(homeDir);
      for (const { name, stop } of parts) {
        cli.terminal.err(`ending ${name}\n`);
        await stop();
      }
      await removeSandboxEnv(homeDir);
      cli.terminal.err(parts.length === 0 ? 'Nothing of this folder runs.\n' : 'Everything has ended.\n');
      cli.finish(EXIT.held);
    });
}
