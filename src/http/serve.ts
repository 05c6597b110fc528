import type { Logger } from 'pino';
import { BreakwaterClient } from '../client.ts';
import { ConfigError, type Config } from '../config.ts';
import { createRecords } from '../records/postgres.ts';
import { doorOf } from './door.ts';
import { readAccessFile } from './identity/access-file.ts';
import { isLoopback } from './identity/loopback.ts';
import { createApi } from './server.ts';

/** Reads of several people at once; a report of a long run holds one for a while. */
const CONNECTIONS = 5;
const CONNECT_WITHIN_MS = 5_000;
const STATEMENT_WITHIN_MS = 15_000;
/** What is under way is answered in this time when the API stops. */
const CLOSE_WITHIN_MS = 20_000;

/** Stops taking, answers what is under way, and cuts off what does not end. */
async function closeInTime(app: ReturnType<typeof createApi>, log: Logger): Promise<void> {
  const late = setTimeout(() => {
    log.warn('connections that did not end are cut off');
    app.server.closeAllConnections();
  }, CLOSE_WITHIN_MS);
  await app.close();
  clearTimeout(late);
}

/**
 * Serves the HTTP API until SIGINT or SIGTERM; what is under way is answered first.
 * @throws ConfigError when others could reach it and nobody would be authenticated, or the access file is wrong; Error when Temporal or the port cannot be had
 */
export async function serveApi({ temporal, taskQueue, api, databaseUrl }: Config, log: Logger): Promise<void> {
  const { token, accessFile } = api;
  if (token === undefined && accessFile === undefined && !isLoopback(api.host))
    throw new ConfigError([
      `BREAKWATER_API_HOST='${api.host}': other machines reach it, so BREAKWATER_API_TOKEN must be set, or BREAKWATER_ACCESS; or use 127.0.0.1`,
    ]);
  const access = accessFile === undefined ? undefined : await readAccessFile(accessFile);
  const client = await BreakwaterClient.connect({ connection: temporal.connection, namespace: temporal.namespace, taskQueue });
  const limits = { maxConnections: CONNECTIONS, connectTimeoutMs: CONNECT_WITHIN_MS, statementTimeoutMs: STATEMENT_WITHIN_MS };
  const records = databaseUrl === undefined ? undefined : createRecords({ url: databaseUrl, ...limits });
  if (!records) log.warn('BREAKWATER_DATABASE_URL is not set: refused requests are in this log, and not in the audit log');
  try {
    const app = createApi({
      door: doorOf(client),
      log,
      limits: api.limits,
      ...(records && { records }),
      ...(token !== undefined && { token }),
      ...(access && { access }),
    });
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        process.once(signal, () => {
          log.info({ signal }, 'stopping');
          resolve();
        });
    });
    await app.listen({ host: api.host, port: api.port });
    log.info({ host: api.host, port: api.port, temporal: temporal.address, hasRecords: records !== undefined }, 'api is ready');
    await stopped;
    await closeInTime(app, log);
  } finally {
    await Promise.all([client.close(), records?.close()]);
  }
}
