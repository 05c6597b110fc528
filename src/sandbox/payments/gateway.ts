import { openDesk } from './desk.ts';
import { listenForCompletions } from './completions.ts';
import { serveMetrics } from './exposition.ts';
import { gatewayDoors } from './gateway-http.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { endInOrder } from './lifetime.ts';
import { openQueue } from './queue.ts';
import { measureReplicaLag } from './replica-lag.ts';
import { GatewaySettings, readSettings } from './settings.ts';
import { openPool, outcomesOf, prepareStorage } from './storage.ts';

/* The gateway program: takes payments over HTTP, puts them into the queue, waits for them, and keeps the queue. */

const REPLICA_LAG_EVERY_MS = 500;

const settings = readSettings(GatewaySettings);
const { PAYMENTS_SCHEMA: schema, PAYMENTS_DATABASE_URL: databaseUrl, PAYMENTS_REPLICA_URL: replicaUrl } = settings;

const pool = openPool(databaseUrl, 8);
await prepareStorage(pool, schema);
const queue = await openQueue(pool, schema, { keeper: true });
const metrics = gatewayMetrics();
const desk = openDesk(settings.PAYMENTS_DEADLINE_MS, {
  outcomesOf: (ids) => outcomesOf(pool, schema, ids),
  onResult: metrics.count,
});
const completions = await listenForCompletions(
  databaseUrl,
  schema,
  (id, outcome) => {
    if (outcome === 'completed') metrics.countCompleted();
    desk.ended(id, outcome);
  },
  desk.catchUp,
);
const lag = replicaUrl === undefined ? undefined : watchReplicaLag(replicaUrl);

const app = gatewayDoors({ settings, pool, queue, desk });
app.get('/health', async () => {
  await pool.query('SELECT 1');
  return { status: 'ok', pid: process.pid };
});
serveMetrics(app, metrics.registry, async () => {
  metrics.setBacklog(await queue.backlog().catch(() => undefined));
});
await app.listen({ host: settings.PAYMENTS_HOST, port: settings.PAYMENTS_PORT });
console.log(`gateway listens on ${settings.PAYMENTS_HOST}:${settings.PAYMENTS_PORT}`);

endInOrder(async () => {
  await app.close();
  lag?.stop();
  await Promise.all([completions.close(), queue.close(), lag?.replica.close()]);
  await pool.end();
});

function watchReplicaLag(url: string) {
  const replica = measureReplicaLag(pool, url);
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    replica
      .measure()
      .then(metrics.setReplicaLag, (error: unknown) => {
        metrics.setReplicaLag(undefined);
        console.error(`replica lag unknown: ${(error as Error).message}`);
      })
      .finally(() => (busy = false));
  }, REPLICA_LAG_EVERY_MS);
  return { replica, stop: () => clearInterval(timer) };
}
