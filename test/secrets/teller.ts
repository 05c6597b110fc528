import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A server that repeats whatever it was sent, in every way that a probe may trip over. */
export interface Teller {
  url: string;
  /** Until then `/turn` answers well. */
  turnBad(): void;
  /** Paths that were asked. */
  readonly asked: string[];
  close(): Promise<void>;
}

const sentOf = ({ headers, url }: IncomingMessage, body: string): string =>
  [headers.authorization ?? '', String(headers['x-token'] ?? ''), decodeURIComponent(url ?? ''), body].filter(Boolean).join(' | ');

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

/** Starts it. */
export async function startTeller(): Promise<Teller> {
  const asked: string[] = [];
  let isBad = false;
  const answer = (path: string, sent: string): [status: number, body: string] => {
    if (path === '/good' || (path === '/turn' && !isBad)) return [200, '{"value":1}'];
    if (path === '/turn') return [500, sent];
    if (path === '/status') return [401, `not you: ${sent}`];
    if (path === '/text') return [200, sent];
    if (path === '/encoded') return [200, Buffer.from(sent).toString('base64')];
    if (path === '/late') return [200, `${'x'.repeat(30)}${sent}`];
    if (path === '/time') return [200, JSON.stringify({ value: 1, at: sent })];
    if (path === '/metrics') return [200, `# TYPE a counter\na{${sent}} x\n`];
    if (path.startsWith('/prometheus')) return [200, JSON.stringify({ status: 'error', errorType: 'bad_data', error: `no: ${sent}` })];
    // The first page is refused, as a pager that is out of order does.
    if (path.startsWith('/pager')) return asked.filter((one) => one.startsWith('/pager')).length > 1 ? [202, sent] : [500, sent];
    return [500, sent];
  };
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const path = request.url?.split('?')[0] ?? '';
      asked.push(path);
      const [status, text] = answer(path, sentOf(request, body));
      response.writeHead(status, { 'content-type': 'application/json', 'x-sent': encodeURIComponent(text).slice(0, 1_000) }).end(text);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    turnBad: () => (isBad = true),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
