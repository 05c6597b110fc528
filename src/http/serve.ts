import type { Logger } from 'pino';
import { BreakwaterClient } from '../client.ts';
import { ConfigError, type Config } from '../config.ts';
import { readSigningKey } from '../records/audit/keys.ts';
import { createRecords } from '../records/postgres.ts';
import { doorOf } from './door.ts';
import { watchAccess } from './identity/live-access.ts';
import { isLoopback } from './identity/loopback.ts';
import { openPolicyRoom } from './policy-room.ts';
import { createApi } from './server.ts';
import { createSignApproval, type SignApproval } from './sign-approval.ts';

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

/** @throws ConfigError when there is such a file and no key in it: nobody would notice that approvals are claims */
async function signerOf(file: string | undefined, log: Logger): Promise<SignApproval | undefined> {
  if (file === undefined) {
    log.warn('BREAKWATER_APPROVAL_KEY is not set: approvals are not signed, and count only where control workers verify none');
    return undefined;
  }
  const key = await readSigningKey(file).catch((cause: unknown) => {
    throw new ConfigError([`BREAKWATER_APPROVAL_KEY='${file}': ${(cause as Error).message}`]);
  });
  log.info({ keyId: key.keyId }, 'approvals are signed');
  return createSignApproval(key);
}

/**
 * Serves the HTTP API until SIGINT or SIGTERM; what is under way is answered first.
 * @throws ConfigError when others could reach it and nobody would be authenticated, or the access file is wrong; Error when Temporal or the port cannot be had
 */
export async function serveApi({ temporal, taskQueue, api, databaseUrl, approvalKey, ...settings }: Config, log: Logger): Promise<void> {
  const { token, accessFile } = api;
  if (token === undefined && accessFile === undefined && !isLoopback(api.host))
    throw new ConfigError([
      `BREAKWATER_API_HOST='${api.host}': other machines reach it, so BREAKWATER_API_TOKEN must be set, or BREAKWATER_ACCESS; or use 127.0.0.1`,
    ]);
  const live = accessFile === undefined ? undefined : await watchAccess(accessFile, { log });
  const signApproval = await signerOf(approvalKey, log);
  const client = await BreakwaterClient.connect({ connection: temporal.connection, namespace: temporal.namespace, taskQueue });
  const limits = { maxConnections: CONNECTIONS, connectTimeoutMs: CONNECT_WITHIN_MS, statementTimeoutMs: STATEMENT_WITHIN_MS };
  const records = databaseUrl === undefined ? undefined : createRecords({ url: databaseUrl, ...limits });
  if (!records) log.warn('BREAKWATER_DATABASE_URL is not set: refused requests are in this log, and not in the audit log');
  try {
    const app = createApi({
      door: doorOf(client),
      log,
      policy: await openPolicyRoom(settings),
      limits: api.limits,
      ...(records && { records }),
      ...(signApproval && { signApproval }),
      ...(token !== undefined && { token }),
      ...(live && { live }),
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
    live?.stop();
    await Promise.all([client.close(), records?.close()]);
  }
}
