import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { openLog } from './log.ts';

/** `breakwater worker` */
export function worker(program: Command, cli: Cli): void {
  program
    .command('worker')
    .summary('serve task queues until stopped')
    .description(
      'Serves the task queues of this process until SIGINT or SIGTERM. What it serves is set by BREAKWATER_ROLE and BREAKWATER_SITES. Logs JSON on stderr.',
    )
    .addHelpText('after', '\nExample:\n  $ BREAKWATER_ROLE=site BREAKWATER_SITES=eu-1 breakwater worker')
    .action(async () => {
      const config = cli.config();
      const { log, mask } = await openLog(config);
      const { runWorker } = await import('../worker.ts');
      await runWorker(config, log, cli.env, mask);
    });
}
