import type { Command } from 'commander';
import type { Cli } from './context.ts';
import { openLog } from './log.ts';

/** `breakwater api` */
export function api(program: Command, cli: Cli): void {
  program
    .command('api')
    .summary('serve the HTTP API until stopped')
    .description(
      'Serves the HTTP API /v1 (docs/api.md) until SIGINT or SIGTERM: runs, approvals, schedules, halts, reports. Where: BREAKWATER_API_HOST, BREAKWATER_API_PORT; who: BREAKWATER_ACCESS, BREAKWATER_API_TOKEN; lists and reports: BREAKWATER_DATABASE_URL. Logs JSON on stderr.',
    )
    .addHelpText('after', '\nExample:\n  $ BREAKWATER_ACCESS=access.yaml BREAKWATER_API_HOST=0.0.0.0 breakwater api')
    .action(async () => {
      const config = cli.config();
      const { log } = await openLog(config);
      const { serveApi } = await import('../http/serve.ts');
      await serveApi(config, log);
    });
}
