import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One connection through the line. `far` is opened once the line is whole. */
interface Pair {
  near: Socket;
  far: Socket | undefined;
}

/**
 * A line of TCP between two processes that can be cut. A cut line is silent, as a network that drops every packet: nothing arrives, nobody is
 * told, connections seem to open. What was sent meanwhile arrives after it has healed, as TCP sends it again.
 */
export class Line {
  isCut = false;
  private readonly pairs = new Set<Pair>();
  private target: { host: string; port: number } | undefined;

  private constructor(private readonly server: Server) {
    server.on('connection', (near) => this.join(near));
  }

  /** @param address `host:port` or a URL that it leads to; may be given later by `leadTo` */
  static async open(address?: string): Promise<Line> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const line = new Line(server);
    if (address !== undefined) line.leadTo(address);
    return line;
  }

  leadTo(address: string): void {
    const { hostname, port } = new URL(address.includes('//') ? address : `tcp://${address}`);
    this.target = { host: hostname, port: Number(port) };
  }

  /** `host:port` of the near end. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.isCut = true;
    for (const { near, far } of this.pairs) {
      near.pause();
      far?.pause();
    }
  }

  heal(): void {
    this.isCut = false;
    for (const pair of this.pairs) this.flow(pair);
  }

  /** Ends every connection that there is, as a server that falls over. Where new ones lead is for `leadTo` to say. */
  drop(): void {
    for (const { near } of this.pairs) near.destroy();
  }

  private join(near: Socket): void {
    const pair: Pair = { near, far: undefined };
    this.pairs.add(pair);
    near.setNoDelay();
    near.on('error', () => undefined);
    near.on('close', () => {
      pair.far?.destroy();
      this.pairs.delete(pair);
    });
    near.on('data', (chunk: Buffer) => pair.far?.write(chunk));
    near.on('end', () => pair.far?.end());
    if (!this.isCut) this.flow(pair);
  }

  private flow(pair: Pair): void {
    if (!this.target) throw new Error('this line leads nowhere');
    const { near } = pair;
    pair.far ??= this.reach(pair, connect(this.target));
    near.resume();
    pair.far.resume();
  }

  private reach({ near }: Pair, far: Socket): Socket {
    far.setNoDelay();
    far.on('error', () => near.destroy());
    far.on('close', () => near.destroy());
    far.on('end', () => near.end());
    far.on('data', (chunk: Buffer) => near.write(chunk));
    return far;
  }

  async end(): Promise<void> {
    for (const { near, far } of this.pairs) {
      near.destroy();
      far?.destroy();
    }
    this.server.close();
    await once(this.server, 'close');
  }
}
