import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';

/** @returns an empty registry that speaks OpenMetrics */
export const newRegistry = (): Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE> => {
  const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
};

/** Adds `GET /metrics`. `refresh` runs before each scrape, for what is counted elsewhere. */
export function serveMetrics(
  app: FastifyInstance,
  registry: Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>,
  refresh: () => Promise<void> | void,
): void {
  app.get('/metrics', async (_request, reply) => {
    await refresh();
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
