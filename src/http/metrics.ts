import type { FastifyInstance } from 'fastify';
import { Gauge, Histogram, Registry } from 'prom-client';
import type { LiveAccess } from './identity/live-access.ts';
import type { Watchers } from './watchers.ts';

/** The API's own numbers: by route and not by path, so that nobody's ids are in them. */
export function createMetrics(app: FastifyInstance, watchers: Watchers, live?: Pick<LiveAccess, 'staleMs'>): Registry {
  const registry = new Registry();
  const took = new Histogram({
    name: 'breakwater_http_request_duration_seconds',
    help: 'Time from a request to its whole answer, by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });
  new Gauge({
    name: 'breakwater_http_watchers',
    help: 'Streams of events that are open',
    registers: [registry],
    collect() {
      this.set(watchers.size);
    },
  });
  if (live)
    new Gauge({
      name: 'breakwater_http_access_file_stale_seconds',
      help: 'How long the access file has been wrong or gone; 0 while it can be read',
      registers: [registry],
      collect() {
        this.set(live.staleMs() / 1_000);
      },
    });
  app.addHook('onResponse', (request, reply, done) => {
    const labels = { route: request.routeOptions.url ?? 'none', method: request.method, status: String(reply.statusCode) };
    took.observe(labels, reply.elapsedTime / 1_000);
    done();
  });
  return registry;
}
