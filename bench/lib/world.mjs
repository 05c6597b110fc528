import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * The world that the probes ask: `GET /NAME` answers `{"value": v}`. The bench breaks a NAME by setting its value to 10,
 * and may note when each request arrived.
 */
export async function startWorld() {
  const values = new Map();
  let note = () => undefined;
  const server = createServer((request, response) => {
    const name = request.url.slice(1);
    note(name, Date.now());
    response.setHeader('content-type', 'application/json');
    response.end(`{"value":${values.get(name) ?? 1}}`);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    urlOf: (name) => `http://127.0.0.1:${server.address().port}/${name}`,
    breakIt: (name) => values.set(name, 10),
    mend: (name) => values.delete(name),
    /** @param listener called with the name and the epoch milliseconds of every request */
    onRequest: (listener) => (note = listener),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
