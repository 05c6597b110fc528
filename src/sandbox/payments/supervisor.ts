import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { serveMetrics } from './exposition.ts';
import { makeFleet } from './fleet.ts';
import { endInOrder } from './lifetime.ts';
import { registryWriter } from './registry-file.ts';
import { readSettings, SupervisorSettings } from './settings.ts';
import { supervisorDoors } from './supervisor-http.ts';
import { supervisorMetrics } from './supervisor-metrics.ts';
import type { Weaknesses } from './weaknesses.ts';
import { labelText, type WorkerPlace } from './worker-labels.ts';

/* The supervisor program: keeps so many worker processes alive, and scales them. */

const WORKER = join(import.meta.dirname, 'worker.js');

const settings = readSettings(SupervisorSettings);
const metrics = supervisorMetrics();
const writeRegistry = registryWriter(settings.PAYMENTS_REGISTRY_FILE, () => fleet.slots());
const fleet = makeFleet(settings.PAYMENTS_WEAKNESSES, {
  spawn: startWorker,
  onChange: () => writeRegistry(),
  onRestart: metrics.countRestart,
  onSettled: metrics.countSettled,
});

const app = supervisorDoors(fleet);
app.get('/health', () => ({ status: 'ok', pid: process.pid }));
serveMetrics(app, metrics.registry, () => metrics.refresh(fleet));
await app.listen({ host: settings.PAYMENTS_HOST, port: settings.PAYMENTS_PORT });
endInOrder(async () => {
  await app.close();
  await fleet.stopAll();
});
await fleet.scale(settings.PAYMENTS_WORKERS);
console.log(`supervisor listens on ${settings.PAYMENTS_HOST}:${settings.PAYMENTS_PORT}, ${settings.PAYMENTS_WORKERS} workers`);

/** A worker has a channel to us: it ends by itself when we are gone. */
function startWorker(place: WorkerPlace, weaknesses: Weaknesses): ChildProcess {
  return spawn(process.execPath, [WORKER, `--name=${place.name}`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      BREAKWATER_LABELS: labelText(place.labels),
      PAYMENTS_DATABASE_URL: settings.PAYMENTS_DATABASE_URL,
      PAYMENTS_SCHEMA: settings.PAYMENTS_SCHEMA,
      PAYMENTS_WORK_MS: String(settings.PAYMENTS_WORK_MS),
      PAYMENTS_WEAKNESSES: JSON.stringify(weaknesses),
    },
  });
}
