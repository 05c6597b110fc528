import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the Prometheus of the system answers with. `down` closes the connection, `slow` never answers. */
export type PrometheusMode = 'value' | 'down' | 'empty' | 'nan' | 'html' | 'slow' | 'error-500';

/** The observed system: an HTTP server with a health value, a backlog, and what looks like a Prometheus. All of it can be changed under way. */
export class ObservedSystem {
  health = 1;
  backlog = 0;
  /** Makes arming, which ends with the first answers, long enough to be hit. */
  answersAfterMs = 60;
  mode: PrometheusMode = 'value';
  /** When `prometheus` first answered with the changed value or mode, epoch milliseconds. */
  firstBadMs: number | undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ObservedSystem> {
    const server = createServer();
    const system = new ObservedSystem(server);
    server.on('request', (request, response) => {
      if (request.url?.startsWith('/api/v1/query')) system.answerQuery(response);
      else setTimeout(() => response.end(JSON.stringify({ health: system.health, backlog: system.backlog })), system.answersAfterMs);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return system;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private answerQuery(response: ServerResponse): void {
    const send = (result: unknown[]) => response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    const point = (value: string) => send([{ metric: {}, value: [Date.now() / 1_000, value] }]);
    if (this.mode !== 'value' || this.health !== 1) this.firstBadMs ??= Date.now();
    switch (this.mode) {
      case 'value':
        point(String(this.health));
        return;
      case 'empty':
        send([]);
        return;
      case 'nan':
        point('NaN');
        return;
      case 'html':
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>Sign in</title>');
        return;
      case 'error-500':
        response.writeHead(500).end('boom');
        return;
      case 'down':
        response.socket?.destroy();
        return;
      case 'slow':
        return; // answers when the connection is closed: never
    }
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
