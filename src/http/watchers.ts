import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './problem.ts';

const SIGNAL = 'watchersSignal';

/**
 * Notes what ends the streams of each request, before it is known who asks: when other grants count while the request is looked into, what it opens
 * then is over from the start.
 */
export function noteWatchersSignal(app: FastifyInstance, watchers: Pick<Watchers, 'signal'>): void {
  app.decorateRequest(SIGNAL, null);
  app.addHook('onRequest', (request, _reply, done) => {
    request.setDecorator<AbortSignal>(SIGNAL, watchers.signal);
    done();
  });
}

/** Fires when whoever asked must say anew who they are, or the API stops. */
export const watchersSignalOf = (request: FastifyRequest): AbortSignal => request.getDecorator<AbortSignal>(SIGNAL);

/** Counts who watches, and lets no more in than there is room for. */
export class Watchers {
  private readonly bySubject = new Map<string, number>();
  private over = new AbortController();
  private isClosed = false;
  private count = 0;
  private readonly most: number;
  private readonly mostOfOne: number;

  constructor(most: number, mostOfOne: number) {
    this.most = most;
    this.mostOfOne = mostOfOne;
  }

  get size(): number {
    return this.count;
  }

  /** Fires when the API stops, or everybody must say anew who they are. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** @returns what gives the place back, once @throws HttpError (429, 503) */
  enter(subject: string): () => void {
    const own = this.bySubject.get(subject) ?? 0;
    if (own >= this.mostOfOne) throw new HttpError(429, `you watch ${own} runs already; end a stream first`);
    if (this.count >= this.most) throw new HttpError(503, 'too many runs are watched now; try again later');
    this.count++;
    this.bySubject.set(subject, own + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.count--;
      const left = (this.bySubject.get(subject) ?? 1) - 1;
      if (left === 0) this.bySubject.delete(subject);
      else this.bySubject.set(subject, left);
    };
  }

  /** Ends every stream that is open; who may still watch comes back by themselves. */
  endAll(): void {
    if (this.isClosed) return;
    const { over } = this;
    this.over = new AbortController();
    over.abort();
  }

  /** Ends every stream, those too that would be opened later. */
  close(): void {
    this.isClosed = true;
    this.over.abort();
  }
}
