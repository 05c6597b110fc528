import type { Logger } from 'pino';
import { BreakwaterClient } from '../client.ts';
import { ConfigError, type Config } from '../config.ts';
import { createRecords } from '../records/postgres.ts';
import { isLoopback } from './access.ts';
import { createApi } from './server.ts';

/**
 * Serves the HTTP API until SIGINT or SIGTERM; what is under way is answered first.
 * @throws ConfigError when others could reach it and there is no token; Error when Temporal or the port cannot be had
 */
export async function serveApi({ temporal, taskQueue, api, databaseUrl }: Config, log: Logger): Promise<void> {
  if (api.token === undefined && !isLoopback(api.host))
    throw new ConfigError([
      `BREAKWATER_API_HOST='${api.host}': other machines reach it, so BREAKWATER_API_TOKEN must be set; or use 127.0.0.1`,
    ]);
  const client = await BreakwaterClient.connect({ connection: temporal.connection, namespace: temporal.namespace, taskQueue });
  const records = databaseUrl === undefined ? undefined : createRecords({ url: databaseUrl, maxConnections: 1 });
  if (!records) log.warn('BREAKWATER_DATABASE_URL is not set: refused requests are in this log, and not in the audit log');
  try {
    const app = createApi({
      client,
      log,
      ...(api.token !== undefined && { token: api.token }),
      ...(records && { appendAudit: records.appendAudit }),
    });
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        process.once(signal, () => {
          log.info({ signal }, 'stopping');
          resolve();
        });
    });
    await app.listen({ host: api.host, port: api.port });
    log.info({ host: api.host, port: api.port, temporal: temporal.address }, 'api is ready');
    await stopped;
    await app.close();
  } finally {
    await Promise.all([client.close(), records?.close()]);
  }
}
