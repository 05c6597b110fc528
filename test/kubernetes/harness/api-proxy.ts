import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:tls';
import { apiAccess } from '../../support/kubeconfig.ts';

/** What is asked of the API server. */
export interface Asked {
  method: string;
  /** With its query. */
  path: string;
}

/** What the proxy says in the server's place, and the server never hears of it. */
export interface Refusal {
  status: number;
  retryAfterSeconds?: number;
}

/** What may go wrong on the way. */
export interface Trouble {
  /** Before the request goes on; it waits for this. */
  before?: (asked: Asked) => Promise<Refusal | undefined> | Refusal | undefined;
  /** When the server has done it, before its answer goes back; it waits for this. */
  after?: (asked: Asked) => Promise<void> | void;
  /** What a program in a container must not be heard to say: its stream breaks there. Undefined: nothing. */
  cutsExecAt?: (asked: Asked) => string | undefined;
}

/** An API server behind a connection with troubles. Its clients reach it without TLS, on loopback, with a token. */
export class ApiProxy {
  trouble: Trouble = {};
  /** What came through or was refused, in order: `DELETE /api/v1/…`. */
  readonly asked: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((asked, answer) => void this.pass(asked, answer));

  static async open(): Promise<ApiProxy> {
    const proxy = new ApiProxy();
    proxy.server.on('upgrade', (asked, socket: Socket, head) => void proxy.upgrade(asked, socket, head));
    proxy.server.on('connection', (socket) => {
      proxy.sockets.add(socket);
      socket.once('close', () => proxy.sockets.delete(socket));
    });
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private note({ method = '', url: path = '' }: IncomingMessage): Asked {
    this.asked.push(`${method} ${path}`);
    return { method, path };
  }

  private async pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const what = this.note(asked);
    const refusal = await this.trouble.before?.(what);
    if (refusal) {
      const { status, retryAfterSeconds } = refusal;
      answer.writeHead(status, { ...(retryAfterSeconds !== undefined && { 'retry-after': `${retryAfterSeconds}` }) });
      answer.end('trouble on the way');
      return;
    }
    const { server, authority: ca } = apiAccess();
    const forwarded = request(new URL(what.path, server), { method: what.method, ca, headers: { ...asked.headers, host: server.host } });
    forwarded.once('error', () => answer.destroy());
    forwarded.once('response', (response) => {
      void Promise.resolve(this.trouble.after?.(what)).then(() => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
    });
    asked.pipe(forwarded);
  }

  /** The stream of an exec, byte by byte. */
  private async upgrade(asked: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const what = this.note(asked);
    const unheard = this.trouble.cutsExecAt?.(what);
    if (await this.trouble.before?.(what)) {
      socket.end('HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const { server, authority: ca } = apiAccess();
    const upstream = connect({
      host: server.hostname,
      port: Number(server.port),
      ca,
      ALPNProtocols: ['http/1.1'],
    });
    const drop = (): void => void (socket.destroy(), upstream.destroy());
    for (const each of [socket, upstream]) each.once('error', drop).once('close', drop);
    await once(upstream, 'secureConnect');
    const headers = asked.rawHeaders.flatMap((name, i, all) =>
      i % 2 === 0 && name.toLowerCase() !== 'host' ? [`${name}: ${all[i + 1]}`] : [],
    );
    upstream.write(`${what.method} ${what.path} HTTP/1.1\r\nHost: ${server.host}\r\n${headers.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    socket.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      if (unheard !== undefined && chunk.includes(unheard)) drop();
      else socket.write(chunk);
    });
  }
}
