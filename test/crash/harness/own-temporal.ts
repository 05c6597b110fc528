import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { startTemporal, type TemporalServer } from '../../../src/sandbox/servers/temporal.ts';
import { freshDir } from '../../support/servers.ts';
import { until } from './moments.ts';

const log = (): void => undefined;

/** kill -9 of a server that we started, and nobody else. Returns when it is gone. */
export async function killServer({ pid }: { pid?: number }): Promise<void> {
  if (pid === undefined) throw new Error('this server is not ours');
  process.kill(pid, 'SIGKILL');
  await until('the death of the server', () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}

/** A Temporal of one test's own, on a file, that may be killed and started again on the same port. */
export class OwnTemporal {
  private constructor(
    private server: TemporalServer,
    private readonly options: { dataDir: string; port: number; uiPort: number },
  ) {}

  static async start(): Promise<OwnTemporal> {
    const options = { dataDir: await freshDir('temporal'), port: await lowPort(), uiPort: await lowPort() };
    return new OwnTemporal(await startTemporal({ ...options, settings: undefined, log }), options);
  }

  get address(): string {
    return this.server.address;
  }

  kill(): Promise<void> {
    return killServer(this.server);
  }

  async revive(): Promise<void> {
    this.server = await startTemporal({ ...this.options, settings: undefined, log });
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

/**
 * A free port below those that outgoing connections get: a client that asks for a dead server's port over and over may be given that very
 * port for its own end, and be connected to itself.
 */
async function lowPort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(20_000, 32_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Error('no free port between 20000 and 32000');
}

/** Servers that are lent, one at a time, to those who kill them: starting one costs more than starting it again. */
export class TemporalPool {
  private readonly idle: OwnTemporal[] = [];
  private readonly all: OwnTemporal[] = [];

  /** Lends one. A server whose borrower failed is not lent again. */
  async lend<R>(use: (temporal: OwnTemporal) => Promise<R>): Promise<R> {
    const temporal = this.idle.pop() ?? (await this.add());
    const result = await use(temporal);
    this.idle.push(temporal);
    return result;
  }

  private async add(): Promise<OwnTemporal> {
    const temporal = await OwnTemporal.start();
    this.all.push(temporal);
    return temporal;
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.all.map((temporal) => temporal.stop()));
  }
}
