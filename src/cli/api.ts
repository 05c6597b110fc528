import type { Command } from 'commander';
import type { Cli } from './context.ts';

/** `breakwater api` */
export function api(program: Command, cli: Cli): void {
  program
    .command('api')
    .summary('serve the HTTP API until stopped')
    .description(
      'Serves POST /v1/incidents (also for Alertmanager), POST, GET and DELETE /v1/halt, and GET /healthz until SIGINT or SIGTERM. Where: BREAKWATER_API_HOST, BREAKWATER_API_PORT; who: BREAKWATER_API_TOKEN. Logs JSON on stderr.',
    )
    .addHelpText('after', '\nExample:\n  $ BREAKWATER_API_TOKEN=… BREAKWATER_API_HOST=0.0.0.0 breakwater api')
    .action(async () => {
      const config = cli.config();
      const { pino } = await import('pino');
      const { serveApi } = await import('../http/serve.ts');
      await serveApi(
        config,
        pino({ level: config.logLevel, redact: ['req.headers.authorization'] }, pino.destination({ fd: 2, sync: true })),
      );
    });
}
